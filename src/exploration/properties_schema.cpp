// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of a properties file, for editors.
#include "promoflow/properties.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Properties of a promotion flow",
  "description": "What must hold in every run of a release.",
  "type": "object",
  "additionalProperties": false,
  "required": ["properties"],
  "properties": {
    "properties": {"type": "array", "items": {"$ref": "#/$defs/property"}}
  },
  "$defs": {
    "property": {
      "type": "object",
      "additionalProperties": false,
      "required": ["name"],
      "properties": {
        "name": {
          "description": "What must hold, in words.",
          "type": ["string", "number", "boolean"]
        },
        "never": {
          "description": "This never happens.",
          "$ref": "#/$defs/patterns"
        },
        "before": {
          "description": "Each time this happens, 'requires' has happened before.",
          "$ref": "#/$defs/patterns"
        },
        "requires": {"$ref": "#/$defs/patterns"},
        "after": {
          "description": "Whenever this happens, 'eventually' happens in the same step or later.",
          "$ref": "#/$defs/patterns"
        },
        "eventually": {"$ref": "#/$defs/patterns"}
      },
      "oneOf": [
        {"required": ["never"]},
        {"required": ["before", "requires"]},
        {"required": ["after", "eventually"]}
      ]
    },
    "patterns": {
      "description": "One pattern, or any of several.",
      "anyOf": [
        {"$ref": "#/$defs/pattern"},
        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/pattern"}}
      ]
    },
    "pattern": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "environment": {
          "description": "Whose status it is; or where the hook runs.",
          "type": "string"
        },
        "status": {
          "anyOf": [
            {"$ref": "#/$defs/environmentStatus"},
            {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/environmentStatus"}}
          ]
        },
        "release": {
          "description": "The status of the release.",
          "anyOf": [
            {"$ref": "#/$defs/releaseStatus"},
            {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/releaseStatus"}}
          ]
        },
        "while": {
          "description": "Only while one of these statuses is the case, too.",
          "$ref": "#/$defs/patterns"
        },
        "hook": {"description": "Something happens to a hook of this name.", "type": "string"},
        "point": {
          "enum": ["release.onStart", "release.onSuccess", "release.onFail",
                   "environment.onStart", "environment.onSuccess", "environment.onFail"]
        },
        "promotion": {
          "description": "Something happens to a promotion into this environment.",
          "type": "string"
        },
        "issued": {"const": true},
        "succeeded": {"const": true},
        "failed": {"const": true},
        "cancelled": {"const": true}
      },
      "oneOf": [
        {"required": ["environment", "status"]},
        {"required": ["release"]},
        {"required": ["hook"]},
        {"required": ["promotion"]}
      ]
    },
    "environmentStatus": {
      "enum": ["Pending", "Running", "Suspended", "Successful", "Failed", "Terminated", "Skipped"]
    },
    "releaseStatus": {
      "enum": ["Running", "Suspended", "Terminating", "Succeeded", "Failed", "Terminated"]
    }
  }
}
)json";

}  // namespace

std::string_view properties_schema() noexcept { return kSchema; }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
