// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of a scenario, for editors.
#include "promoflow/simulation.hpp"

namespace promoflow {

namespace {

constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Promotion scenario",
  "description": "What the world does to a simulated release.",
  "type": ["object", "null"],
  "additionalProperties": false,
  "properties": {
    "release": {
      "description": "Who the release is; handed to every hook.",
      "type": ["object", "null"],
      "additionalProperties": false,
      "properties": {
        "id": {
          "description": "Required of real releases; 'simulated' if not given.",
          "type": ["string", "number", "boolean", "null"],
          "minLength": 1,
          "default": "simulated"
        },
        "url": {"$ref": "#/$defs/text"},
        "product": {"$ref": "#/$defs/text"},
        "version": {"$ref": "#/$defs/text"},
        "commitSha": {"$ref": "#/$defs/text"}
      }
    },
    "context": {
      "description": "The promotion context at the start.",
      "type": ["object", "null"]
    },
    "outcomes": {
      "description": "The first that matches a command decides; none: success after 0s.",
      "type": ["array", "null"],
      "items": {"$ref": "#/$defs/outcome"}
    },
    "actions": {
      "description": "What the operator does, in order of their time.",
      "type": ["array", "null"],
      "items": {"$ref": "#/$defs/action"}
    }
  },
  "$defs": {
    "text": {"type": ["string", "number", "boolean", "null"]},
    "duration": {
      "description": "A duration such as 1h30m, 45s or 500ms.",
      "anyOf": [
        {"type": "string",
         "pattern": "^\\+?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([nmu\\u00b5\\u03bc]?s|m|h))+)$"},
        {"const": 0},
        {"type": "null"}
      ],
      "examples": ["10m", "45s", "500ms"]
    },
    "outcome": {
      "type": "object",
      "anyOf": [{"required": ["hook"]}, {"required": ["environment"]}],
      "dependentRequired": {
        "point": ["hook"],
        "context": ["hook"],
        "contextText": ["hook"]
      },
      "not": {"required": ["context", "contextText"]},
      "additionalProperties": false,
      "properties": {
        "hook": {
          "description": "The rule speaks of hooks of this name; without, of promotions.",
          "type": ["string", "null"],
          "minLength": 1
        },
        "point": {
          "description": "Narrows a rule for hooks.",
          "enum": [
            "release.onStart", "release.onSuccess", "release.onFail",
            "environment.onStart", "environment.onSuccess", "environment.onFail", null
          ]
        },
        "environment": {
          "description": "Whose promotion, or narrows a rule for hooks.",
          "type": ["string", "null"],
          "minLength": 1
        },
        "attempt": {
          "description": "Only this attempt, from 1.",
          "type": ["integer", "null"],
          "minimum": 1,
          "maximum": 4294967295
        },
        "after": {
          "description": "How long the command takes.",
          "$ref": "#/$defs/duration"
        },
        "suspend": {
          "description": "How long it waits for a person before.",
          "$ref": "#/$defs/duration"
        },
        "fail": {
          "description": "It fails with this message.",
          "$ref": "#/$defs/text"
        },
        "context": {
          "description": "What the hook exports.",
          "type": ["object", "null"]
        },
        "contextText": {
          "description": "The same as text, to try an invalid one.",
          "type": ["string", "null"]
        }
      }
    },
    "action": {
      "type": "object",
      "required": ["at"],
      "oneOf": [{"required": ["retry"]}, {"required": ["terminate"]}],
      "additionalProperties": false,
      "properties": {
        "at": {
          "description": "Time from the start.",
          "$ref": "#/$defs/duration"
        },
        "retry": {
          "description": "The release goes on from where it failed.",
          "const": true
        },
        "terminate": {
          "description": "The release is terminated for this reason.",
          "type": ["string", "number", "boolean"]
        }
      }
    }
  }
}
)json";

}  // namespace

std::string_view scenario_schema() noexcept { return kSchema; }

}  // namespace promoflow
