import { describe, expect, it } from 'vitest';
import { chooseFirstPass } from './first-pass.js';

const order = (width: number, height: number, toWidth: number, toHeight: number): string =>
  chooseFirstPass({ width, height }, { width: toWidth, height: toHeight });

// Found by comparing Pillow 13.0's pixels with those of both orders.
describe('chooseFirstPass', () => {
  it('is the height when it shrinks by more than twice as many pixels as the width', () => {
    expect(order(150, 420, 56, 168)).toBe('height');
    expect(order(100, 100, 80, 59)).toBe('height');
    expect(order(1080, 1920, 1344, 1792)).toBe('height');
    expect(order(50, 100, 49, 97)).toBe('height');
  });

  it('is the width otherwise, and always when the height grows', () => {
    expect(order(100, 100, 80, 60)).toBe('width');
    expect(order(50, 100, 49, 98)).toBe('width');
    expect(order(54, 36, 75, 40)).toBe('width');
    expect(order(3000, 4000, 1344, 1792)).toBe('width');
  });
});
