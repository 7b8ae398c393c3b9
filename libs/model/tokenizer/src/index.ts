export * from './errors.js';
export * from './load-tokenizer.js';
export { stripEnd, stripStart, stripText } from './python-whitespace.js';
export { runToEnd } from './stepwise.js';
export { type PromptPiece, type TextStream, type Tokenizer } from './tokenizer.js';
