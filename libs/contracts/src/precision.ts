/** Number formats that the weights of a model can be converted to. */
export const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** How the language model of a conversion computes prompts: as it decodes, or in 8 bits with weights of their own. */
export const PREFILL_FORMATS = ['same', 'int8'] as const;
export type PrefillFormat = (typeof PREFILL_FORMATS)[number];
