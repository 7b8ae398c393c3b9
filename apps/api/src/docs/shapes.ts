import { z } from 'zod';

/** Shapes of single values that the schemas share. */

export const count = z.int().min(0);
export const unixSeconds = z.int().min(0).describe('Unix time in seconds');
