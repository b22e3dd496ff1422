"""The schema of the provider oracle/oci, read out of the bindings that CDK for Terraform generates from it.

The bindings are TypeScript, kept whole in the source maps of a package's JavaScript. For each attribute they say
whether it is computed, optional or required; its type is told by the getter, and whether it is a block or an
attribute by the function that writes it as HCL. What they do not tell: which attributes are sensitive, and which
make a resource anew when they change (``cloud.REPLACES`` has those that matter here).
"""

from __future__ import annotations

import base64
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Type: TypeAlias = (
    Any  # as Terraform writes types in JSON: "string", ["list", "string"], ["list", ["object", {...}]]
)

GETTERS: dict[str, Type] = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
}
MAPS: dict[str, Type] = {
    "cdktf.StringMap": ["map", "string"],
    "cdktf.NumberMap": ["map", "number"],
    "cdktf.BooleanMap": ["map", "bool"],
    "cdktf.AnyMap": ["map", "string"],
}
CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(
    r"^\s+// (?P<name>\w+) - computed: (?P<computed>\w+), optional: (?P<optional>\w+), required: (?P<required>\w+)\n"
    r"(?P<code>(?:.|\n)*?)(?=^\s+// \w+ - computed|\Z)",
    re.MULTILINE,
)
WRITTEN = re.compile(
    r'^\s+(\w+): \{\n\s+value: .*\n\s+isBlock: (\w+),\n\s+type: "(\w+)",\n\s+storageClassType: "\w+",',
    re.MULTILINE,
)
GETTER = re.compile(r"this\.(get\w+Attribute)\('(\w+)'\)")
CHILD = re.compile(r'private _\w+ = new ((?:cdktf\.)?\w+)\(this, "(\w+)"(?:, (true|false))?\)')
SOURCE_MAP = re.compile(rb"sourceMappingURL=data:application/json;base64,([\w+/=]+)")


@dataclass(frozen=True)
class Binding:
    """The generated TypeScript of one resource or data source."""

    source: str
    classes: dict[str, str]

    @classmethod
    def of(cls, javascript: bytes) -> Binding:
        """Take the TypeScript out of a file's source map."""
        found = SOURCE_MAP.search(javascript)
        if found is None:
            raise ValueError("there is no source map in the file")
        source: str = json.loads(base64.b64decode(found.group(1)))["sourcesContent"][0]
        return cls(source, {name: body for name, _, body in CLASS.findall(source)})

    def schema(self) -> Json:
        """Return the whole schema, as ``terraform providers schema -json`` prints it."""
        roots = [
            name
            for name, base, _ in CLASS.findall(self.source)
            if base in ("TerraformResource", "TerraformDataSource")
        ]
        return {"version": 0, "block": self.block(roots[0])}

    def written_as(self, name: str) -> dict[str, tuple[bool, str]]:
        """Return for each attribute that may be set whether it is written as a block, and the kind of its type."""
        body = self.classes[name]
        if "synthesizeHclAttributes" in body:
            code = body[body.index("synthesizeHclAttributes") :]
        else:
            function = re.sub(r"(OutputReference|List|Map)$", "", name)
            function = re.escape(function[0].lower() + function[1:] + "ToHclTerraform")
            found = re.search(
                rf"^export function {function}\(struct[^\n]*\n(.*?)^\}}",
                self.source,
                re.MULTILINE | re.DOTALL,
            )
            if found is None:
                return {}
            code = found.group(1)
        return {attribute: (block == "true", kind) for attribute, block, kind in WRITTEN.findall(code)}

    def block(self, name: str) -> Json:
        """Return the attributes and nested blocks of a class."""
        written = self.written_as(name)
        attributes: Json = {}
        blocks: Json = {}
        for member in MEMBER.finditer(self.classes[name]):
            attribute, code = member["name"], member["code"][:400]
            is_block, kind = written.get(attribute, (False, ""))
            child, getter = CHILD.search(code), GETTER.search(code)
            of_type: Type = "string"
            if child and child.group(2) == attribute:
                class_name, is_set = child.group(1), child.group(3) == "true"
                if is_block:
                    required = member["required"] == "true"
                    blocks[attribute] = self.nested(attribute, class_name, kind == "set" or is_set, required)
                    continue
                of_type = MAPS.get(class_name) or self.collection(class_name, is_set)
            elif getter and getter.group(2) == attribute:
                of_type = GETTERS[getter.group(1)]
                if "cdktf.Fn.tolist(this.get" in code:
                    of_type = ["set", of_type[1]]
            if kind == "set" and isinstance(of_type, list):
                of_type = ["set", of_type[1]]
            flags = {flag: True for flag in ("required", "optional", "computed") if member[flag] == "true"}
            attributes[attribute] = {"type": of_type, **flags}
        return {"attributes": attributes, "block_types": blocks}

    def nested(self, attribute: str, class_name: str, is_set: bool, required: bool) -> Json:
        """Return a nested block: a list or set of blocks, or one where the class stands for a single one."""
        block = self.block(of_one(class_name))
        if attribute == "timeouts":
            return {"nesting_mode": "single", "block": block}
        most = {"max_items": 1} if class_name.endswith("OutputReference") else {}
        least = {"min_items": 1} if required else {}
        return {"nesting_mode": "set" if is_set else "list", "block": block, **most, **least}

    def collection(self, class_name: str, is_set: bool) -> Type:
        """Return the type of an attribute that is a list or set of objects."""
        return ["set" if is_set else "list", object_type(self.block(of_one(class_name)))]


def of_one(class_name: str) -> str:
    """Return the class of one element, from that of the list or of the element itself."""
    return (
        class_name
        if class_name.endswith("OutputReference")
        else class_name.removesuffix("List") + "OutputReference"
    )


def object_type(block: Json) -> Type:
    """Return a block's value as an object type."""
    fields = {name: attribute["type"] for name, attribute in block["attributes"].items()}
    for name, nested in block["block_types"].items():
        inner = object_type(nested["block"])
        fields[name] = inner if nested["nesting_mode"] == "single" else [nested["nesting_mode"], inner]
    return ["object", fields]


def read_schemas(archive: Path, resources: set[str], data_sources: set[str]) -> Json:
    """Return the schemas of the named types from the archive of bindings that the package carries.

    Raises:
        LookupError: the archive has no such type.
    """
    wanted = {
        f"package/lib/{name.removeprefix('oci_').replace('_', '-')}/index.js": ("resources", name)
        for name in resources
    }
    wanted |= {
        f"package/lib/data-{name.replace('_', '-')}/index.js": ("data_sources", name) for name in data_sources
    }
    schemas: Json = {"resources": {}, "data_sources": {}}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            if member.name not in wanted:
                continue
            kind, name = wanted.pop(member.name)
            file = members.extractfile(member)
            if file is not None:
                schemas[kind][name] = Binding.of(file.read()).schema()
            if not wanted:
                return schemas
    raise LookupError(f"the provider's bindings have no {', '.join(name for _, name in wanted.values())}")
