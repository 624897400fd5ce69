// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of a manifest, for editors. read_manifest() checks more than a schema can.
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "PromotionFlow",
  "description": "A directed acyclic graph of environments, and the hooks that run on the way.",
  "type": "object",
  "required": ["apiVersion", "kind", "metadata", "spec"],
  "additionalProperties": false,
  "properties": {
    "apiVersion": {"const": "codefresh.io/v1beta1"},
    "kind": {"const": "PromotionFlow"},
    "metadata": {"$ref": "#/$defs/metadata"},
    "spec": {"anyOf": [{"$ref": "#/$defs/spec"}, {"$ref": "#/$defs/olderSpec"}]},
    "status": {"description": "Of Kubernetes; passed over."}
  },
  "$defs": {
    "name": {
      "type": "string",
      "minLength": 1,
      "pattern": "^[^\\u0000-\\u001f\\u007f]+$"
    },
    "duration": {
      "description": "A duration such as 1h30m, 45s or 500ms.",
      "anyOf": [
        {"type": "string",
         "pattern": "^\\+?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([nmu\\u00b5\\u03bc]?s|m|h))+)$"},
        {"const": 0}
      ],
      "examples": ["10m", "45s", "500ms"]
    },
    "metadata": {
      "type": "object",
      "required": ["name"],
      "additionalProperties": false,
      "properties": {
        "name": {
          "description": "Name of the flow: a DNS-1123 subdomain.",
          "type": "string",
          "maxLength": 253,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        },
        "annotations": {
          "description": "Free text; promoflow.dev/extensions: \"true\" silences extension-field.",
          "type": "object",
          "additionalProperties": {"type": ["string", "null"]}
        },
        "namespace": true,
        "labels": true,
        "uid": true,
        "resourceVersion": true,
        "generation": true,
        "generateName": true,
        "creationTimestamp": true,
        "deletionTimestamp": true,
        "deletionGracePeriodSeconds": true,
        "managedFields": true,
        "ownerReferences": true,
        "finalizers": true,
        "selfLink": true
      }
    },
    "olderSpec": {
      "description": "The older layout: everything under 'properties'.",
      "deprecated": true,
      "type": "object",
      "required": ["properties"],
      "additionalProperties": false,
      "properties": {"properties": {"$ref": "#/$defs/spec"}}
    },
    "spec": {
      "type": "object",
      "required": ["triggerEnvironment", "steps"],
      "additionalProperties": false,
      "properties": {
        "triggerEnvironment": {
          "description": "Where the change is made. Never promoted to, carries no hooks.",
          "$ref": "#/$defs/name"
        },
        "postTrigger": {
          "description": "Workflow that runs for the trigger environment before the first step.",
          "deprecated": true,
          "anyOf": [{"$ref": "#/$defs/name"}, {"type": "null"}]
        },
        "promotionTimeoutLimit": {
          "description": "Minutes after which the release is terminated; a day if not given.",
          "type": ["integer", "null"],
          "minimum": 1,
          "maximum": 153722867,
          "default": 1440
        },
        "failurePolicy": {
          "description": "Extension. After a failure: begin nothing, the independent, or cut all.",
          "enum": ["failFast", "continue", "abort", null],
          "default": "failFast"
        },
        "contextMerge": {
          "description": "Extension. Exported contexts: key by key, or as a merge patch.",
          "enum": ["shallow", "deep", null],
          "default": "shallow"
        },
        "hookTimeout": {
          "description": "Extension. Hooks without a timeout of their own fail after this time.",
          "anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]
        },
        "terminationGracePeriod": {
          "description": "Extension. Longest end of a release; promotionTimeoutLimit if not given.",
          "anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]
        },
        "steps": {
          "description": "The environments, each with what it waits for.",
          "type": "array",
          "minItems": 1,
          "items": {"$ref": "#/$defs/step"}
        },
        "hooks": {
          "description": "Hooks of the whole release.",
          "$ref": "#/$defs/hooks"
        }
      }
    },
    "step": {
      "type": "object",
      "required": ["environment", "dependsOn"],
      "additionalProperties": false,
      "properties": {
        "environment": {
          "description": "Unique among the steps; never the trigger environment.",
          "$ref": "#/$defs/name"
        },
        "dependsOn": {
          "description": "Environments that must have succeeded before.",
          "type": "array",
          "minItems": 1,
          "items": {"$ref": "#/$defs/name"}
        },
        "policy": {"$ref": "#/$defs/policy"},
        "hooks": {
          "description": "Hooks of this environment.",
          "$ref": "#/$defs/hooks"
        },
        "timeout": {
          "description": "Extension. The promotion fails after this time.",
          "anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]
        },
        "retry": {
          "description": "Extension. Further attempts of the promotion.",
          "$ref": "#/$defs/retry"
        },
        "soak": {
          "description": "Extension. Wait between the promotion and the onSuccess hooks.",
          "anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]
        }
      }
    },
    "policy": {
      "description": "How the change is promoted.",
      "type": ["object", "null"],
      "additionalProperties": false,
      "properties": {
        "action": {
          "description": "Commit the change, open a pull request, or neither.",
          "enum": ["commit", "pr", "none", null]
        },
        "preAction": {
          "description": "Workflow before the promotion.",
          "anyOf": [{"$ref": "#/$defs/name"}, {"type": "null"}]
        },
        "postAction": {
          "description": "Workflow after the promotion.",
          "anyOf": [{"$ref": "#/$defs/name"}, {"type": "null"}]
        }
      }
    },
    "hooks": {
      "type": ["object", "null"],
      "additionalProperties": false,
      "properties": {
        "onStart": {
          "description": "Before anything is promoted.",
          "$ref": "#/$defs/hookList"
        },
        "onSuccess": {
          "description": "After success.",
          "$ref": "#/$defs/hookList"
        },
        "onFail": {
          "description": "After a failure or a termination.",
          "$ref": "#/$defs/hookList"
        },
        "onEnd": {
          "description": "Extension. Appended to onFail and, errors ignored, to onSuccess.",
          "$ref": "#/$defs/hookList"
        }
      }
    },
    "hookList": {
      "anyOf": [
        {"$ref": "#/$defs/hook"},
        {"type": "array", "items": {"$ref": "#/$defs/hook"}},
        {"type": "null"}
      ]
    },
    "hook": {
      "anyOf": [
        {"description": "Name of a workflow.", "$ref": "#/$defs/name"},
        {"$ref": "#/$defs/hookObject"}
      ]
    },
    "hookObject": {
      "description": "Extension. A workflow, and how it is run.",
      "type": "object",
      "required": ["name"],
      "additionalProperties": false,
      "properties": {
        "name": {
          "description": "Name of the workflow.",
          "$ref": "#/$defs/name"
        },
        "arguments": {
          "description": "Arguments besides the default ones; they override the context.",
          "type": ["object", "null"],
          "propertyNames": {"$ref": "#/$defs/name"}
        },
        "timeout": {
          "description": "The hook fails after this time.",
          "anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]
        },
        "retry": {"$ref": "#/$defs/retry"},
        "onError": {
          "description": "Whether its failure counts.",
          "enum": ["fail", "ignore", null],
          "default": "fail"
        },
        "reads": {
          "description": "The context keys that the workflow needs.",
          "$ref": "#/$defs/contextKeys"
        },
        "exports": {
          "description": "The context keys that the workflow writes.",
          "$ref": "#/$defs/contextKeys"
        }
      }
    },
    "contextKeys": {
      "type": ["array", "null"],
      "items": {"$ref": "#/$defs/name"}
    },
    "retry": {
      "description": "Further attempts after a failure.",
      "type": ["object", "null"],
      "required": ["limit"],
      "additionalProperties": false,
      "properties": {
        "limit": {
          "description": "Further attempts after the first.",
          "type": "integer",
          "minimum": 0,
          "maximum": 4294967295
        },
        "backoff": {
          "description": "How long to wait: duration, then factor times longer each time.",
          "type": ["object", "null"],
          "additionalProperties": false,
          "properties": {
            "duration": {"anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]},
            "factor": {"type": ["number", "null"], "exclusiveMinimum": 0, "default": 1},
            "maxDuration": {"anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}]}
          }
        }
      }
    }
  }
}
)json";

}  // namespace

std::string_view manifest_schema() noexcept { return kSchema; }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
