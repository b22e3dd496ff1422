# For inventory.sh and teardown.sh, which read it in: `output NAME WHAT` prints an output of Terraform's, or ends with why not.
# Without a state `terraform output` prints a warning in the place of the value, and ends with 0.
output() {
    if ! command -v terraform >/dev/null; then
        echo "✘ There is no terraform on the path." >&2
        echo "Try: install Terraform 1.11 or newer" >&2
        exit 1
    fi
    terraform output -no-color -raw "$1" && return
    echo "✘ Terraform did not tell $2" >&2
    echo "Try: cd terraform && terraform init && terraform apply" >&2
    exit 1
}
