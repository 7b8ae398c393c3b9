import { z } from 'zod';

/** More than any size of a transformer, and little enough that products of a few stay exact. */
const MAX_SIZE = 2 ** 20;
const MAX_LAYERS = 1_000;
/** Rope tables of this many positions still fit into memory. */
const MAX_CONTEXT_TOKENS = 2 ** 20;
/** More tiles than any context has room for. */
const MAX_TILES = 1_024;

/** Width of a layer, number of heads, side of an image. */
export const sizeSchema = z.int().min(1).max(MAX_SIZE);
export const layerCountSchema = z.int().min(1).max(MAX_LAYERS);
/** A layer, counted from the end where it is negative. */
export const layerIndexSchema = z.int().min(-MAX_LAYERS).max(MAX_LAYERS);
export const contextSchema = z.int().min(2).max(MAX_CONTEXT_TOKENS);
export const tileCountSchema = z.int().min(1).max(MAX_TILES);
/** Added to a variance under a square root. */
export const epsilonSchema = z.number().positive().max(1);
export const ropeThetaSchema = z.number().min(1).max(1e12);
/** What long rope divides a frequency by. */
export const ropeFactorSchema = z.number().min(1e-3).max(1e6);
/** Standard deviation of pixels between 0 and 1. */
export const pixelStdSchema = z.number().min(1e-4).max(1e4);
export const pixelMeanSchema = z.number().min(-1e4).max(1e4);
