import { AddedTokens, type AddedToken } from './added-tokens.js';
import {
  type SpecialToken,
  type SpecialTokensMap,
  type TokenFlags,
  type TokenizerJsonFiles,
} from './tokenizer-config.js';

/** In the order in which the reference gives ids to those that are new. */
const NAMED_SPECIAL_TOKENS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

/** What to take for special tokens that the files do not mention; `null` in a file says that there is none. */
export type DefaultSpecialTokens = Readonly<Partial<Record<(typeof NAMED_SPECIAL_TOKENS)[number], string>>>;

/** The base vocabulary, as far as added tokens need it. */
export interface BasePieces {
  readonly size: number;
  readonly piece: (id: number) => { readonly text: string } | undefined;
}

export interface AssembledTokens {
  readonly addedTokens: AddedTokens;
  /** Spelling of a named special token; undefined when the tokenizer has none. */
  readonly named: (name: (typeof NAMED_SPECIAL_TOKENS)[number]) => string | undefined;
}

/**
 * Added and special tokens of a slow tokenizer, as transformers 4.37.2 puts them together
 * (`PreTrainedTokenizerBase._from_pretrained`, `PreTrainedTokenizer.__init__`):
 * `added_tokens_decoder` of tokenizer_config.json rules; only where it is absent do special_tokens_map.json and
 * added_tokens.json count. Special tokens that are in neither get the ids after the last.
 */
export function assembleAddedTokens(
  files: TokenizerJsonFiles,
  base: BasePieces,
  defaults: DefaultSpecialTokens,
): AssembledTokens {
  const isModern = files.config.added_tokens_decoder !== undefined;
  const special = isModern ? files.config : mergedSpecialTokens(files);
  const tokenById = isModern ? tokensOfDecoder(files) : tokensOfAddedFile(files);
  const namedTokens = NAMED_SPECIAL_TOKENS.map((name) => {
    const token = special[name];
    return { name, token: token === undefined ? defaults[name] : (token ?? undefined) };
  });
  const additional = special.additional_special_tokens ?? [];
  for (const { token } of namedTokens) addSpecialToken(tokenById, base, token);
  for (const token of additional) addSpecialToken(tokenById, base, token);
  const contents = (tokens: readonly (SpecialToken | undefined)[]): ReadonlySet<string> =>
    new Set(tokens.flatMap((token) => (token === undefined ? [] : [contentOf(token)])));
  const addedTokens = new AddedTokens(tokenById, {
    named: contents(namedTokens.map(({ token }) => token)),
    additional: contents(additional),
  });
  const named: AssembledTokens['named'] = (name) => {
    const token = namedTokens.find((entry) => entry.name === name)?.token;
    return token === undefined ? undefined : contentOf(token);
  };
  return { addedTokens, named };
}

/** The special tokens that the files name, in the reference's order. */
export function specialTokensOf(files: TokenizerJsonFiles): SpecialToken[] {
  const special = files.config.added_tokens_decoder === undefined ? mergedSpecialTokens(files) : files.config;
  const named = NAMED_SPECIAL_TOKENS.flatMap((name) => special[name] ?? []);
  return [...named, ...(special.additional_special_tokens ?? [])].filter((token) => contentOf(token) !== '');
}

function mergedSpecialTokens(files: TokenizerJsonFiles): SpecialTokensMap {
  const map = files.specialTokensMap ?? {};
  const additional = [
    ...(files.config.additional_special_tokens ?? []),
    ...(map.additional_special_tokens ?? []),
  ];
  return { ...files.config, ...map, additional_special_tokens: additional };
}

function tokensOfDecoder(files: TokenizerJsonFiles): Map<number, AddedToken> {
  const entries = Object.entries(files.config.added_tokens_decoder ?? {});
  return new Map(entries.map(([id, flags]) => [Number(id), addedTokenOf(flags)]));
}

function tokensOfAddedFile(files: TokenizerJsonFiles): Map<number, AddedToken> {
  return new Map(
    Object.entries(files.addedTokenIds ?? {}).map(([content, id]) => [id, addedTokenOf(content)]),
  );
}

/** Adds a special token where it is missing; one that comes with flags brings them even where it is there. */
function addSpecialToken(
  tokenById: Map<number, AddedToken>,
  base: BasePieces,
  token: SpecialToken | undefined,
): void {
  if (token === undefined || contentOf(token) === '') return;
  const content = contentOf(token);
  const present = [...tokenById].find(([, added]) => added.content === content)?.[0];
  if (present !== undefined) {
    if (typeof token !== 'string') tokenById.set(present, addedTokenOf(token));
    return;
  }
  const spellings = Array.from(
    { length: base.size },
    (_, id) => tokenById.get(id)?.content ?? base.piece(id)?.text,
  );
  const baseId = spellings.indexOf(content);
  const all = new Set([...spellings, ...[...tokenById.values()].map((added) => added.content)]);
  tokenById.set(baseId >= 0 ? baseId : all.size, addedTokenOf(token));
}

export function contentOf(token: SpecialToken): string {
  return typeof token === 'string' ? token : token.content;
}

function addedTokenOf(token: string | TokenFlags): AddedToken {
  if (typeof token === 'string') return { content: token, lstrip: false, rstrip: false, singleWord: false };
  return {
    content: token.content,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    singleWord: token.single_word,
  };
}
