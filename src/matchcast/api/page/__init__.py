"""The page that shows the API's OpenAPI document: one file of HTML that asks no other site."""
