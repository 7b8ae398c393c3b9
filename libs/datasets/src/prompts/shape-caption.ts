export interface CaptionShape {
  readonly prepend?: string | undefined;
  readonly append?: string | undefined;
}

/** The caption as it is written: between two texts, as they are, spaces and all. */
export function shapeCaption(caption: string, { prepend = '', append = '' }: CaptionShape): string {
  return `${prepend}${caption}${append}`;
}
