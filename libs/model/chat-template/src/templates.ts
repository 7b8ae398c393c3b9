import { type ChatTemplate } from './chat-template.js';
import { UnknownTemplateError } from './errors.js';

/** Default of the InternVL2 generation, and of upstream's code for every template of the first one. */
const SHANGHAI_SYSTEM_MESSAGE =
  '你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。';

/** Default of InternVL2.5, 3 and 3.5. */
export const INTERNVL2_5_SYSTEM_MESSAGE =
  '你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。';

/** Name of the template of transformers' own layout, which has no name there. */
export const NATIVE_TEMPLATE = 'internvl_native';

/** Formats of MPT style: every message ends with the separator; a missing one leaves the role alone. */
function mptStyle(options: {
  name: string;
  system: string;
  user: string;
  assistant: string;
  separator: string;
  defaultSystemMessage: string | undefined;
  tokens: readonly string[];
}): ChatTemplate {
  const { name, system, user, assistant, separator, defaultSystemMessage, tokens } = options;
  return {
    name,
    system: { start: system, end: separator },
    user: { start: user, end: separator, open: user },
    assistant: { start: assistant, end: separator, open: assistant },
    defaultSystemMessage,
    numbersImages: true,
    tokens,
    stopToken: separator.trim(),
  };
}

/** ChatML, which InternLM2, Yi and Qwen share; the separator is what sets its users apart. */
function chatMl(name: string, separator: string, defaultSystemMessage: string | undefined): ChatTemplate {
  return mptStyle({
    name,
    system: '<|im_start|>system\n',
    user: '<|im_start|>user\n',
    assistant: '<|im_start|>assistant\n',
    separator,
    defaultSystemMessage,
    tokens: ['<|im_start|>', '<|im_end|>'],
  });
}

/** Of InternVL-Chat-V1-1: roles are plain text, and the prompt begins with a space. */
const INTERNVL_ZH: ChatTemplate = {
  name: 'internvl_zh',
  system: { start: '', end: ' ' },
  user: { start: '<human>: ', end: ' ', open: '<human>:' },
  assistant: { start: '<bot>: ', end: '</s>', open: '<bot>:' },
  defaultSystemMessage: '',
  numbersImages: true,
  tokens: ['</s>'],
  stopToken: '</s>',
};

/** What the repositories of transformers' own layout bring as `chat_template.jinja`: no system message unless one is given. */
const INTERNVL_NATIVE: ChatTemplate = {
  ...chatMl(NATIVE_TEMPLATE, '<|im_end|>\n', undefined),
  numbersImages: false,
};

/** Source: InternVL's `conversation.py`. */
const TEMPLATES: readonly ChatTemplate[] = [
  mptStyle({
    name: 'phi3-chat',
    system: '<|system|>\n',
    user: '<|user|>\n',
    assistant: '<|assistant|>\n',
    separator: '<|end|>',
    defaultSystemMessage: SHANGHAI_SYSTEM_MESSAGE,
    tokens: ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>'],
  }),
  chatMl('internlm2-chat', '<|im_end|>', SHANGHAI_SYSTEM_MESSAGE),
  chatMl('Hermes-2', '<|im_end|>', SHANGHAI_SYSTEM_MESSAGE),
  chatMl('internvl2_5', '<|im_end|>\n', INTERNVL2_5_SYSTEM_MESSAGE),
  INTERNVL_ZH,
  INTERNVL_NATIVE,
];

/**
 * The template of a checkpoint.
 * @param name `template` of its `config.json`, or {@link NATIVE_TEMPLATE}.
 * @param systemMessage `system_message` of its `config.json`: a string replaces the template's default; anything
 *   else (absent, or the `null` of some fine-tunes) leaves it.
 * @throws UnknownTemplateError when no template has this name.
 */
export function findChatTemplate(name: string, systemMessage?: unknown): ChatTemplate {
  const template = TEMPLATES.find((candidate) => candidate.name === name);
  if (template === undefined) {
    throw new UnknownTemplateError(
      name,
      TEMPLATES.map((candidate) => candidate.name),
    );
  }
  return typeof systemMessage === 'string' ? { ...template, defaultSystemMessage: systemMessage } : template;
}
