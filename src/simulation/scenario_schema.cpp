// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of a scenario, for editors.
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Promotion scenario",
  "description": "What hosts and operators do to a simulated release.",
  "type": ["object", "null"],
  "not": {
    "anyOf": [
      {"required": ["skip", "until"]},
      {"required": ["skip", "only"]},
      {"required": ["until", "only"]}
    ]
  },
  "additionalProperties": false,
  "properties": {
    "release": {
      "description": "What identifies the release; handed to every hook.",
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
    "skip": {
      "description": "Environments that are skipped from the start.",
      "$ref": "#/$defs/environments"
    },
    "until": {
      "description": "All but these environments and what they depend on are skipped.",
      "$ref": "#/$defs/environments"
    },
    "only": {
      "description": "All but these environments are skipped.",
      "$ref": "#/$defs/environments"
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
    "name": {
      "type": "string",
      "minLength": 1,
      "pattern": "^[^\\u0000-\\u001f\\u007f]+$"
    },
    "environments": {
      "type": ["array", "null"],
      "minItems": 1,
      "items": {"$ref": "#/$defs/name"}
    },
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
        "place": ["hook"],
        "context": ["hook"],
        "contextText": ["hook"]
      },
      "not": {
        "anyOf": [
          {"required": ["context", "contextText"]},
          {"required": ["hook", "failInSoak"]}
        ]
      },
      "additionalProperties": false,
      "properties": {
        "hook": {
          "description": "The rule is for hooks of this name; without it, for promotions.",
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
        "place": {
          "description": "Only the hook at this place of its list, from 1.",
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
        "failInSoak": {
          "description": "The promotion succeeds, and fails while its environment soaks.",
          "type": ["object", "null"],
          "additionalProperties": false,
          "properties": {
            "after": {
              "description": "Time from the success to the failure.",
              "$ref": "#/$defs/duration"
            },
            "message": {"$ref": "#/$defs/text"}
          }
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
      "oneOf": [
        {"required": ["retry"]},
        {"required": ["skip"]},
        {"required": ["terminate"]}
      ],
      "dependentRequired": {"reason": ["skip"], "force": ["terminate"]},
      "additionalProperties": false,
      "properties": {
        "at": {
          "description": "Time from the start.",
          "$ref": "#/$defs/duration"
        },
        "retry": {
          "description": "All that failed, or these environments, go on from where they stopped.",
          "anyOf": [
            {"const": true},
            {"type": "array", "items": {"$ref": "#/$defs/name"}}
          ]
        },
        "skip": {
          "description": "The release goes on without this environment.",
          "$ref": "#/$defs/name"
        },
        "terminate": {
          "description": "The release is terminated for this reason.",
          "type": ["string", "number", "boolean"]
        },
        "reason": {
          "description": "Why the environment is skipped.",
          "$ref": "#/$defs/text"
        },
        "force": {
          "description": "The termination is immediate: no hook runs any more.",
          "type": ["boolean", "null"]
        },
        "by": {
          "description": "Who does it.",
          "$ref": "#/$defs/text"
        }
      }
    }
  }
}
)json";

}  // namespace

std::string_view scenario_schema() noexcept { return kSchema; }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
