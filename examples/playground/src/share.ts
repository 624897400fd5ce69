// SPDX-License-Identifier: Apache-2.0
// Everything of the page in the fragment of its address: compressed JSON in base64url. A fragment
// is not sent to any server.

export interface Shared {
  readonly flow: string;
  readonly scenario: string;
  readonly properties: string;
  readonly moment: number;
  readonly tab: string;
}

const PREFIX = '#1.';
/** A fragment made by somebody else may be of any size when it is unpacked. */
const CHARACTERS_MAX = 4_000_000;

async function through(bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    size += value.length;
    if (size > CHARACTERS_MAX) {
      await reader.cancel();
      throw new RangeError('the address holds too much');
    }
    parts.push(value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export async function toFragment(shared: Shared): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(shared));
  const packed = await through(text, new CompressionStream('deflate-raw'));
  let bytes = '';
  for (const byte of packed) bytes += String.fromCharCode(byte);
  return PREFIX + btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Undefined: the fragment holds nothing of ours. */
export async function fromFragment(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(PREFIX)) return undefined;
  const text = atob(fragment.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'));
  const packed = Uint8Array.from(text, (one) => one.charCodeAt(0));
  const read: unknown = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(
    await through(packed, new DecompressionStream('deflate-raw'))));
  if (read === null || typeof read !== 'object') return undefined;
  const given = read as Record<string, unknown>;
  const words = (name: string) => typeof given[name] === 'string' ? given[name] : '';
  return {flow: words('flow'), scenario: words('scenario'), properties: words('properties'),
    moment: Number.isSafeInteger(given.moment) ? given.moment as number : -1, tab: words('tab')};
}
