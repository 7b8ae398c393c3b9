export { type ChatTemplate, type RoleFormat } from './chat-template.js';
export * from './conversation.js';
export * from './encode-prompt.js';
export * from './errors.js';
export { type PromptPart, renderPrompt } from './render-prompt.js';
export { findChatTemplate, INTERNVL2_5_SYSTEM_MESSAGE, NATIVE_TEMPLATE } from './templates.js';
