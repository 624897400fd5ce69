// SPDX-License-Identifier: Apache-2.0
// "Copy as test": a test that asserts what the page shows, with the package of each language. The
// test has the flow and the scenario in it; it asserts the statuses at the end, and the hooks.

export interface Shown {
  readonly flow: string;
  readonly scenario: string;
  readonly status: string;
  readonly environments: readonly (readonly [name: string, status: string])[];
  /** `hook point environment`, in order; the environment of a release's hook is empty. */
  readonly hooks: readonly string[];
}

/** A string of ASCII that JSON, Python, Go, TypeScript and Java read alike. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
/** The text line by line; joined they are the text. */
const lines = (text: string) => text.split(/(?<=\n)/).filter((line) => line !== '');
const block = (text: string, indent: string, end: string, one = quote) =>
  lines(text).map((line) => indent + one(line)).join(`${end}\n`);

/** Python's surrogate pairs are two characters: it has escapes of eight digits instead. */
function pythonQuote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/gu, (one) => {
    const code = one.codePointAt(0) as number;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
const goQuote = pythonQuote;

/** C++ and Rust: characters beyond ASCII as their bytes; escapes that end by themselves. */
function bytesQuote(text: string): string {
  let out = '"';
  for (const byte of new TextEncoder().encode(text)) {
    const one = String.fromCharCode(byte);
    if (one === '"' || one === '\\') out += `\\${one}`;
    else if (one === '\n') out += '\\n';
    else if (byte < 0x20 || byte > 0x7e || one === '?') {
      out += `\\${byte.toString(8).padStart(3, '0')}`;
    } else out += one;
  }
  return `${out}"`;
}
function rustQuote(text: string): string {
  let out = '"';
  for (const one of text) {
    const code = one.codePointAt(0) as number;
    if (one === '"' || one === '\\') out += `\\${one}`;
    else if (one === '\n') out += '\\n';
    else if (code < 0x20 || code > 0x7e) out += `\\u{${code.toString(16)}}`;
    else out += one;
  }
  return `${out}"`;
}
const rows = (shown: Shown, row: (name: string, status: string) => string) =>
  shown.environments.map(([name, status]) => row(name, status)).join('\n');
const each = (list: readonly string[], indent: string, one = quote) =>
  list.map((text) => `${indent}${one(text)},\n`).join('');

function python(shown: Shown): string {
  return `import promoflow

FLOW = (
${block(shown.flow, '    ', '', pythonQuote)}
)
SCENARIO = (
${block(shown.scenario, '    ', '', pythonQuote)}
)


def test_release():
    flow = promoflow.Flow.loads(FLOW)
    trace = promoflow.simulate(flow, promoflow.Scenario.loads(SCENARIO, flow=flow))
    assert trace.status == ${pythonQuote(shown.status)}
    assert {name: state.status for name, state in trace.environments.items()} == {
${rows(shown, (name, status) => `        ${pythonQuote(name)}: ${pythonQuote(status)},`)}
    }
    hooks = [record.command for record in trace if record.event == "hook"]
    assert [f"{one.hook} {one.point} {one.environment or ''}" for one in hooks] == [
${each(shown.hooks, '        ', pythonQuote)}    ]
`;
}

function typescript(shown: Shown): string {
  return `import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Flow} from 'promoflow';
import {simulate} from 'promoflow/testing';

const FLOW = [
${block(shown.flow, '  ', ',')},
].join('');
const SCENARIO = [
${block(shown.scenario, '  ', ',')},
].join('');

test('the release', async () => {
  const flow = await Flow.load(FLOW);
  const trace = await simulate(flow, {scenario: SCENARIO});
  assert.equal(trace.status, ${quote(shown.status)});
  assert.deepEqual(flow.environments.map((name) => [name, trace.environment(name).status]), [
${rows(shown, (name, status) => `    [${quote(name)}, ${quote(status)}],`)}
  ]);
  assert.deepEqual(
    trace.hooks().map(({hook, point, environment = ''}) =>
      \`\${hook} \${point} \${environment}\`), [
${each(shown.hooks, '      ')}    ]);
});
`;
}

function go(shown: Shown): string {
  return `package release_test

import (
	"reflect"
	"testing"

	"promoflow"
	"promoflow/promoflowtest"
)

const flowText = "" +
${block(shown.flow, '\t', ' +', goQuote)}

const scenarioText = "" +
${block(shown.scenario, '\t', ' +', goQuote)}

func TestRelease(t *testing.T) {
	flow, err := promoflow.Load(flowText)
	if err != nil {
		t.Fatal(err)
	}
	defer flow.Close()
	trace := promoflowtest.Simulate(t, flow, promoflowtest.Scenario(scenarioText))
	if status, _, err := trace.Status(); err != nil || string(status) != ${goQuote(shown.status)} {
		t.Errorf("the release is %v, %v", status, err)
	}
	for _, wanted := range [][2]string{
${rows(shown, (name, status) => `\t\t{${goQuote(name)}, ${goQuote(status)}},`)}
	} {
		if got, err := trace.Environment(wanted[0]); err != nil || string(got.Status) != wanted[1] {
			t.Errorf("%s is %v, %v", wanted[0], got.Status, err)
		}
	}
	records, err := trace.Records()
	if err != nil {
		t.Fatal(err)
	}
	hooks := []string{}
	for _, record := range records {
		if record.Event == "hook" {
			hooks = append(hooks, record.Hook+" "+string(record.Point)+" "+record.Environment)
		}
	}
	wanted := []string{
${each(shown.hooks, '\t\t', goQuote)}	}
	if !reflect.DeepEqual(hooks, wanted) {
		t.Errorf("the hooks are %q", hooks)
	}
}
`;
}

function rust(shown: Shown): string {
  return `use promoflow::{simulate, Command, Flow, Scenario};

const FLOW: &str = concat!(
${block(shown.flow, '    ', ',', rustQuote)},
);
const SCENARIO: &str = concat!(
${block(shown.scenario, '    ', ',', rustQuote)},
);

#[test]
fn release() -> promoflow::Result<()> {
    let flow = Flow::load(FLOW)?;
    let scenario = Scenario::load(SCENARIO, Some(&flow))?;
    let trace = simulate(&flow, Some(&scenario))?;
    assert_eq!(trace.status().to_string(), ${rustQuote(shown.status)});
    for (name, status) in [
${rows(shown, (name, status) => `        (${rustQuote(name)}, ${rustQuote(status)}),`)}
    ] {
        let environment = trace.environment(name).expect(name);
        assert_eq!(environment.status.to_string(), status, "{name}");
    }
    let hooks: Vec<String> = trace
        .records()
        .filter_map(|record| match record.command() {
            Some(Command::RunHook(one)) => {
                let environment = one.environment().unwrap_or("");
                Some(format!("{} {} {}", one.hook(), one.point(), environment))
            }
            _ => None,
        })
        .collect();
    let wanted: &[&str] = &[
${each(shown.hooks, '        ', rustQuote)}    ];
    assert_eq!(hooks, wanted);
    Ok(())
}
`;
}

function java(shown: Shown): string {
  return `import static org.junit.jupiter.api.Assertions.assertEquals;

import io.promoflow.Flow;
import io.promoflow.ReleaseRecord;
import io.promoflow.RunHook;
import io.promoflow.Scenario;
import io.promoflow.Trace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReleaseTest {
    private static final String FLOW = String.join("",
${block(shown.flow, '            ', ',')});
    private static final String SCENARIO = String.join("",
${block(shown.scenario, '            ', ',')});

    @Test
    void release() {
        try (Flow flow = Flow.load(FLOW);
                Scenario scenario = flow.scenario(SCENARIO);
                Trace trace = flow.simulate(scenario)) {
            assertEquals(${quote(shown.status)}, trace.status().word());
${rows(shown, (name, status) => `            assertEquals(${quote(status)},
                    trace.environment(${quote(name)}).status().word());`)}
            List<String> hooks = new ArrayList<>();
            for (ReleaseRecord record : trace.records()) {
                if (record instanceof ReleaseRecord.Issued issued
                        && issued.command() instanceof RunHook one) {
                    String environment = one.environment() == null ? "" : one.environment();
                    hooks.add(one.hook() + " " + one.point().word() + " " + environment);
                }
            }
            assertEquals(List.of(
${shown.hooks.map((text) => `                    ${quote(text)}`).join(',\n')}), hooks);
        }
    }
}
`;
}

function cpp(shown: Shown): string {
  return `#include <promoflow/promoflow.hpp>

#include <catch2/catch.hpp>
#include <string>
#include <variant>
#include <vector>

namespace {

constexpr const char* kFlow =
${block(shown.flow, '    ', '', bytesQuote)};
constexpr const char* kScenario =
${block(shown.scenario, '    ', '', bytesQuote)};

}  // namespace

TEST_CASE("the release ends as expected") {
  const auto flow = promoflow::load_flow(kFlow);
  REQUIRE(flow);
  const auto read = promoflow::read_scenario(kScenario, &*flow);
  REQUIRE(read);
  REQUIRE(read->scenario);
  const auto trace = promoflow::simulate(*flow, *read->scenario);
  REQUIRE(trace);
  CHECK(to_string(trace->status()) == ${bytesQuote(shown.status)});
  const auto status = [&](const char* name) {
    return std::string(to_string(trace->environment(*flow->find_environment(name)).status));
  };
${rows(shown, (name, status) => `  CHECK(status(${bytesQuote(name)}) == ${bytesQuote(status)});`)}
  std::vector<std::string> hooks;
  for (const auto& record : *trace) {
    if (const auto* one = std::get_if<promoflow::RunHook>(&record.what)) {
      hooks.push_back(std::string(one->hook) + " " + std::string(to_string(one->point)) + " " +
                      std::string(one->environment_name));
    }
  }
  CHECK(hooks == std::vector<std::string>{
${each(shown.hooks, '            ', bytesQuote)}        });
}
`;
}

export const LANGUAGES: readonly {readonly name: string; readonly id: string;
  readonly file: string; readonly make: (shown: Shown) => string}[] = [
  {name: 'Python', id: 'python', file: 'test_release.py', make: python},
  {name: 'TypeScript', id: 'typescript', file: 'release.test.ts', make: typescript},
  {name: 'Go', id: 'go', file: 'release_test.go', make: go},
  {name: 'Rust', id: 'rust', file: 'release.rs', make: rust},
  {name: 'Java', id: 'java', file: 'ReleaseTest.java', make: java},
  {name: 'C++', id: 'cpp', file: 'release_test.cpp', make: cpp},
];
