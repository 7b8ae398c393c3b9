/** What stands around one role's message. */
export interface RoleFormat {
  /** Before a message. */
  readonly start: string;
  /** After a message. */
  readonly end: string;
  /** In place of a message that is missing or empty. */
  readonly open: string;
}

/** Rules from a conversation to a prompt, as data: a model family's template is one such object. */
export interface ChatTemplate {
  /** The name in a checkpoint's `config.json` (`template`). */
  readonly name: string;
  readonly system: Pick<RoleFormat, 'start' | 'end'>;
  readonly user: RoleFormat;
  readonly assistant: RoleFormat;
  /** Used where a conversation brings no system message of its own; absent: the prompt then has no system section. */
  readonly defaultSystemMessage: string | undefined;
  /** Whether several images of a conversation are announced as `Image-1: `, `Image-2: ` and so on. */
  readonly numbersImages: boolean;
  /** Spellings in `system`, `user` and `assistant` that are tokens; all else there is plain text. */
  readonly tokens: readonly string[];
  /** The token that ends an answer. */
  readonly stopToken: string;
}
