import { z } from 'zod';
import { pixelMeanSchema, pixelStdSchema, tileCountSchema } from './sizes.js';

/** Mean and standard deviation by channel (red, green, blue), of pixels between 0 and 1. */
export interface PixelStatistics {
  readonly pixelMean: readonly number[];
  readonly pixelStd: readonly number[];
}

/** What InternVL's code normalises with (`IMAGENET_MEAN`, `IMAGENET_STD`). */
export const IMAGENET_STATISTICS: PixelStatistics = {
  pixelMean: [0.485, 0.456, 0.406],
  pixelStd: [0.229, 0.224, 0.225],
};

/** Defaults of transformers' image processors, where a preprocessor's file leaves them out. */
const CLIP_STATISTICS: PixelStatistics = {
  pixelMean: [0.48145466, 0.4578275, 0.40821073],
  pixelStd: [0.26862954, 0.26130258, 0.27577711],
};

/** What `preprocessor_config.json` says about tiles and pixels. */
export const preprocessorSchema = z.object({
  image_mean: z.array(pixelMeanSchema).length(3).nullish(),
  image_std: z.array(pixelStdSchema).length(3).nullish(),
  min_patches: tileCountSchema.nullish(),
  max_patches: tileCountSchema.nullish(),
});

export type PreprocessorFields = z.infer<typeof preprocessorSchema>;

/** Pixel statistics of a checkpoint that has a preprocessor file. */
export function statisticsOf(preprocessor: PreprocessorFields): PixelStatistics {
  return {
    pixelMean: preprocessor.image_mean ?? CLIP_STATISTICS.pixelMean,
    pixelStd: preprocessor.image_std ?? CLIP_STATISTICS.pixelStd,
  };
}
