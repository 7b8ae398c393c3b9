/**
 * RGB bytes of CMYK bytes, to the last bit as Pillow's `convert('RGB')` mixes them: paper times what each ink leaves.
 * @param cmyk 0 is no ink
 */
export function convertCmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixelCount = cmyk.length / 4;
  const rgb = new Uint8Array(pixelCount * 3);
  for (let pixel = 0; pixel < pixelCount; pixel += 1) {
    const light = 255 - byteAt(cmyk, pixel * 4 + 3);
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[pixel * 3 + channel] = light - multiplyBytes(byteAt(cmyk, pixel * 4 + channel), light);
    }
  }
  return rgb;
}

/** a x b / 255, rounded. */
function multiplyBytes(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new RangeError(`there is no byte ${index} among ${bytes.length}`);
  return byte;
}
