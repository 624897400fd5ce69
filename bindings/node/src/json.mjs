// SPDX-License-Identifier: Apache-2.0
// JSON whose integers survive: one that a number cannot hold exactly is read as a bigint, and a
// bigint is written as an integer. Else as JSON.parse() and JSON.stringify().

/** Reads valid JSON text, as the library writes it. */
export function parseJson(text) {
  // A text without 16 digits in a row has no such number.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  let at = 0;
  const space = /[ \t\r\n]*/y;
  const string = /"(?:[^"\\]|\\.)*"/ys;
  const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) throw new SyntaxError(`not JSON at offset ${at}`);
    at = pattern.lastIndex;
    return found[0];
  };
  const skip = () => { space.lastIndex = at; space.exec(text); at = space.lastIndex; };
  const expect = (character) => {
    skip();
    if (text[at] !== character) throw new SyntaxError(`${character} is expected at offset ${at}`);
    at += 1;
  };
  const follows = (character) => {
    skip();
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const list = (end, element) => {
    if (follows(end)) return;
    do { element(); } while (follows(','));
    expect(end);
  };
  const value = () => {
    skip();
    const first = text[at];
    if (first === '{') {
      at += 1;
      const read = {};
      list('}', () => {
        skip();
        const key = JSON.parse(take(string));
        expect(':');
        // A key such as __proto__ is a key like others.
        Object.defineProperty(read, key,
          {value: value(), writable: true, enumerable: true, configurable: true});
      });
      return read;
    }
    if (first === '[') {
      at += 1;
      const read = [];
      list(']', () => read.push(value()));
      return read;
    }
    if (first === '"') return JSON.parse(take(string));
    for (const [word, meaning] of [['true', true], ['false', false], ['null', null]]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    const digits = take(number);
    const read = Number(digits);
    return /^-?\d+$/.test(digits) && !Number.isSafeInteger(read) ? BigInt(digits) : read;
  };
  const read = value();
  skip();
  if (at !== text.length) throw new SyntaxError(`more text at offset ${at}`);
  return read;
}

/** Writes a value as compact JSON. TypeError: it has none, such as a function or a circle. */
export function writeJson(value) {
  const open = new Set();
  const write = (one, key) => {
    if (typeof one?.toJSON === 'function') one = one.toJSON(key);
    if (typeof one === 'bigint') return String(one);
    if (one === null || typeof one !== 'object') return JSON.stringify(one);
    if (open.has(one)) throw new TypeError('a value contains itself');
    open.add(one);
    const parts = Array.isArray(one)
      ? one.map((element, index) => write(element, String(index)) ?? 'null')
      : Object.entries(one).flatMap(([name, member]) => {
        const text = write(member, name);
        return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
      });
    open.delete(one);
    return Array.isArray(one) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
  };
  const text = write(value, '');
  if (text === undefined) throw new TypeError('the value has no JSON');
  return text;
}

/** A context as hosts give it: its text, or an object. */
export function contextText(context) {
  return context === undefined || context === null || typeof context === 'string'
    ? context : writeJson(context);
}
