/** How a slow tokenizer class of transformers turns a run of pieces into text, beyond what SentencePiece does. */
export interface RunStyle {
  /** The first piece of a run loses one space symbol before SentencePiece decodes it. */
  readonly dropsFirstSpaceSymbol: boolean;
  /** A space goes before the pieces that precede a special token, at this place of its run. */
  readonly hasSpaceBeforeSpecial: (index: number) => boolean;
  /** The text goes through `clean_up_tokenization`. */
  readonly cleansUp: boolean;
}

/** transformers 4.37.2, tokenization_llama.py. */
export function llamaRunStyle(legacy: boolean): RunStyle {
  return {
    dropsFirstSpaceSymbol: true,
    hasSpaceBeforeSpecial: (index) => legacy && index !== 0,
    cleansUp: false,
  };
}

/** InternVL's tokenization_internlm2.py. It also prepends a space, always, and then drops the first character. */
export const INTERNLM2_RUN_STYLE: RunStyle = {
  dropsFirstSpaceSymbol: false,
  hasSpaceBeforeSpecial: () => true,
  cleansUp: true,
};
