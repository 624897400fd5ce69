// SPDX-License-Identifier: Apache-2.0
// Builds one HTML file that needs nothing else: script, styles, worker and the module of
// WebAssembly are in it, and its content security policy allows these and nothing more.

import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {build, defineConfig, type Plugin} from 'vite';

const root = new URL('../../', import.meta.url);
const src = (name: string) => new URL(name, new URL('src/', import.meta.url)).pathname;

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** `virtual:module`: the module as gzip in base64. `virtual:worker`: the worker's script. */
function parts(): Plugin {
  return {
    name: 'parts',
    resolveId: (id) => id === 'virtual:module' || id === 'virtual:worker' ? `\0${id}` : null,
    async load(id) {
      if (id === '\0virtual:module') {
        const module = readFileSync(new URL('build/wasm/promoflow-explore.wasm', root));
        const packed = gzipSync(module, {level: 9}).toString('base64');
        return `export default ${JSON.stringify(packed)};`;
      }
      if (id === '\0virtual:worker') {
        const built = await build({configFile: false, logLevel: 'warn',
          resolve: {preserveSymlinks: true},
          build: {write: false, target: 'es2022', rollupOptions: {input: src('worker.ts'),
            output: {format: 'iife', entryFileNames: 'worker.js'}}}});
        const [{output: [chunk]}] = [built].flat() as [{output: [{code: string}]}];
        return `export default ${JSON.stringify(chunk.code)};`;
      }
      return null;
    },
  };
}

/** Puts the script and the styles into the page: a page from a file may load neither. */
function single(): Plugin {
  return {
    name: 'single',
    enforce: 'post',
    generateBundle(_, bundle) {
      let script = '';
      let style = '';
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === 'chunk') script += part.code;
        else if (name.endsWith('.css')) style += String(part.source);
        else continue;
        delete bundle[name];
      }
      const page = bundle['index.html'];
      if (page?.type !== 'asset') throw new Error('no index.html');
      script = script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
      const policy = ["default-src 'none'", `script-src ${hash(script)} 'wasm-unsafe-eval'`,
        `style-src ${hash(style)}`, 'worker-src blob:', "base-uri 'none'", "form-action 'none'"];
      page.source = String(page.source)
        .replace(/\s*<script type="module"[^>]*><\/script>/, '')
        .replace(/\s*<link rel="stylesheet"[^>]*>/, '')
        .replace('<meta name="viewport"', () =>
          `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">\n` +
          '<meta name="viewport"')
        .replace('</head>', () => `<style>${style}</style>\n</head>`)
        .replace('</body>', () => `<script>${script}</script>\n</body>`);
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [parts(), single()],
  resolve: {preserveSymlinks: true},
  build: {
    outDir: new URL('build/playground', root).pathname,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 3000,
    rollupOptions: {output: {format: 'iife'}},
  },
});
