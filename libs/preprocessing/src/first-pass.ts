/** Sides of an image in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The side that Pillow resizes first. With 8-bit values between the passes the order changes pixels: by more than 2
 * levels where a pass overshoots. Since version 13 it is the height when the height shrinks by more than twice the
 * pixels that the width shrinks by; before that it was always the width.
 */
export function chooseFirstPass(from: PixelSize, to: PixelSize): 'width' | 'height' {
  const [shrunkWidth, shrunkHeight] = [from.width - to.width, from.height - to.height];
  return shrunkHeight > 0 && shrunkHeight > 2 * shrunkWidth ? 'height' : 'width';
}
