// SPDX-License-Identifier: Apache-2.0
// Reads the modules of WebAssembly that lie beside this folder.

/** The bytes of a module. */
export async function readModule(name) {
  const source = new URL(`../${name}`, import.meta.url);
  if (source.protocol === 'file:') {
    const {readFile} = await import('node:fs/promises');
    return new Uint8Array(await readFile(source));
  }
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * A function that makes an engine of a module when it is first called, and gives the same one then;
 * another one after a trap, or if there was none.
 */
export function moduleEngine(name, create) {
  let opened;
  return async () => {
    if (opened === undefined || (await opened).trapped) {
      opened = readModule(name).then(create);
      opened.catch(() => { opened = undefined; });  // It may be there next time.
    }
    return opened;
  };
}
