import { bytesOfToken } from '../bpe/byte-alphabet.js';
import { partsOf } from './component.js';
import { byteOf, decoderStepsOf, ROLE } from './decoder.js';
import { DecoderTextStream } from './decoder-text-stream.js';
import { type Component } from './schema.js';

/** A token that changes in no step, to stand before the one that is looked at. */
const BEFORE = 'a';

/** What the decoder of a tokenizer.json makes of a token that is not a text's first, as bytes of UTF-8. */
export function tokenBytesOf(component: Component | null | undefined): (token: string) => Uint8Array {
  const types = new Set(partsOf(ROLE, component, 'decoders').map(({ type }) => type));
  if (types.has('ByteLevel')) return bytesOfToken;
  const steps = decoderStepsOf(component);
  return (token) => {
    const byte = types.has('ByteFallback') ? byteOf(token) : undefined;
    if (byte !== undefined) return Uint8Array.of(byte);
    const tokens = [BEFORE, token];
    const stream = new DecoderTextStream(
      (index) => tokens[index],
      steps.map((newStep) => newStep()),
    );
    const text = stream.push(0) + stream.push(1) + stream.end();
    return new TextEncoder().encode(text.slice(BEFORE.length));
  };
}
