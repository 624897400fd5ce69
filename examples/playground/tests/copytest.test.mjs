// SPDX-License-Identifier: Apache-2.0
// "Copy as test" is real: the tests that it makes are run, each with its language's package, and
// fail when the flow does something else. A language without its toolchain is skipped, and said.
//
// PROMOFLOW_PYTHON      a Python that has the package promoflow and pytest
// PROMOFLOW_PREFIX      where the library is installed
// PROMOFLOW_JAVA        a folder with the jars of the package for Java, what it needs, and JUnit

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {ROOT, browser, folder, open, run} from './support.mjs';

after(() => browser.close());

const at = (path) => new URL(path, ROOT).pathname;
const has = (command) => spawnSync(command, ['--version']).status === 0;
const python = process.env.PROMOFLOW_PYTHON ?? at('build/dev/python/environment/bin/python');
const prefix = process.env.PROMOFLOW_PREFIX ?? at('build/library/prefix');
const java = process.env.PROMOFLOW_JAVA ?? at('build/java');
const pkgconfig = existsSync(prefix) ? (await run('find', [prefix, '-name', 'promoflow.pc'])).stdout
  .split('\n')[0].replace(/\/promoflow\.pc$/, '') : '';
const library = join(pkgconfig, '..');
const native = {...process.env, PKG_CONFIG_PATH: pkgconfig, LD_LIBRARY_PATH: library};

/** Each puts a test into a folder of its own, and runs it; rejects if the test fails. */
const RUNNERS = {
  typescript: {
    is: () => true,
    async run(text) {
      const project = await folder({'package.json': '{"type": "module"}'});
      await mkdir(join(project, 'node_modules'));
      await symlink(at('bindings/node'), join(project, 'node_modules/promoflow'));
      await writeFile(join(project, 'release.test.mjs'), text);  // It has no type of its own.
      // Else it takes itself for a part of this run.
      const {NODE_TEST_CONTEXT: _, ...env} = process.env;
      await run('node', ['--test', project], {env});
    },
  },
  python: {
    is: () => existsSync(python),
    async run(text) {
      const project = await folder({'test_release.py': text});
      await run(python, ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', project]);
    },
  },
  go: {
    is: () => spawnSync('go', ['version']).status === 0,
    async run(text) {
      const project = await folder({'release_test.go': text, 'go.mod':
        'module release\n\ngo 1.22\n\nrequire promoflow v0.0.0\n' +
        `replace promoflow => ${at('bindings/go')}\n`});
      const cwd = {cwd: project, env: {...process.env, GOFLAGS: '-mod=mod'}};
      await run('go', ['mod', 'tidy'], cwd);
      await run('go', ['test', './...'], cwd);
    },
  },
  rust: {
    is: () => has('cargo') && pkgconfig !== '',
    async run(text) {
      const project = await folder({'Cargo.toml': `[package]
name = "release"
version = "0.1.0"
edition = "2021"
[dependencies]
promoflow = {path = "${at('bindings/rust/promoflow')}"}
[workspace]
`});
      await mkdir(join(project, 'src'));
      await mkdir(join(project, 'tests'));
      await writeFile(join(project, 'src/lib.rs'), '');
      await writeFile(join(project, 'tests/release.rs'), text);
      await run('cargo', ['test', '--quiet', '--offline'], {cwd: project, env: {...native,
        CARGO_TARGET_DIR: at('build/playground-rust')}});
    },
  },
  java: {
    is: () => has('javac') && existsSync(java),
    async run(text) {
      const project = await folder({'ReleaseTest.java': text, 'Main.java':
        'class Main { public static void main(String[] a) { new ReleaseTest().release(); } }'});
      const path = `${project}:${java}/*`;
      await run('javac', ['-cp', path, '-d', project, join(project, 'ReleaseTest.java'),
        join(project, 'Main.java')]);
      await run('java', ['-cp', path, 'Main']);
    },
  },
  cpp: {
    is: () => has('g++') && pkgconfig !== '' && existsSync('/usr/include/catch2/catch.hpp'),
    async run(text) {
      const project = await folder({'release_test.cpp': text,
        'main.cpp': '#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n'});
      const program = join(project, 'release_test');
      const flags = (await run('pkg-config', ['--cflags', '--libs', 'promoflow'], {env: native}))
        .stdout.trim().split(/\s+/);
      this.main ??= join(project, 'main.o');
      if (!existsSync(this.main)) {
        await run('g++', ['-std=c++20', '-c', join(project, 'main.cpp'), '-o', this.main]);
      }
      await run('g++', ['-std=c++20', join(project, 'release_test.cpp'), this.main, ...flags, '-o',
        program]);
      await run(program, [], {env: native});
    },
  },
};

const {page, close} = await open();
const texts = {};
await page.getByRole('tab', {name: 'Copy as test'}).click();
for (const id of Object.keys(RUNNERS)) {
  await page.locator('#language').selectOption(id);
  texts[id] = await page.locator('.copytest code').textContent();
}
await close();

for (const [id, runner] of Object.entries(RUNNERS)) {
  test(`${id}: the test passes, and fails for another flow`,
    {skip: runner.is() ? false : 'its toolchain or package is not here'}, async () => {
      assert.match(texts[id], /jira-open-bug/);
      await runner.run(texts[id]);
      const other = texts[id].replaceAll('onFail: jira-open-bug', 'onFail: jira-open-bag');
      assert.notEqual(other, texts[id]);
      await assert.rejects(runner.run(other), (error) => /jira-open-bag/.test(
        `${error.stdout} ${error.stderr}`));
    });
}
