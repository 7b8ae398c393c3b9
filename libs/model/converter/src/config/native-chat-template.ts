import path from 'node:path';
import { Template } from '@huggingface/jinja';
import {
  findChatTemplate,
  NATIVE_TEMPLATE,
  type PromptPart,
  renderPrompt,
  toConversation,
} from '@tessera/chat-template';
import { type PromptMessage } from '@tessera/contracts';
import { z } from 'zod';
import { readJsonFile, readTextFile } from '../checkpoint/read-file.js';
import { UnsupportedChatTemplateError } from '../errors/index.js';
import { parseConfig } from './parse-config.js';

const TEMPLATE_FILE = 'chat_template.jinja';
/** Where earlier releases of transformers keep the template, each under `chat_template`. */
const JSON_FILES = ['chat_template.json', 'tokenizer_config.json'];
const WHEN_MISSING = 'download it again';

const templateSchema = z.object({ chat_template: z.string().nullish() });

/** A conversation with everything that a template may treat in its own way. */
const PROBE: readonly PromptMessage[] = [
  { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
  {
    role: 'user',
    content: [
      { type: 'image', image: 0 },
      { type: 'image', image: 1 },
      { type: 'text', text: ' Compare. ' },
    ],
  },
  { role: 'assistant', content: [{ type: 'text', text: 'Alike.' }] },
  { role: 'user', content: [{ type: 'text', text: 'Sure?' }] },
];

/**
 * Whether a checkpoint of the native layout brings its chat template. It must be the one that the released repositories
 * have, which is told by what it makes of a conversation. Throws {@link UnsupportedChatTemplateError}.
 */
export async function hasNativeChatTemplate(
  directory: string,
  present: ReadonlySet<string>,
): Promise<boolean> {
  const template = await readTemplate(directory, present);
  if (template === undefined) return false;
  for (const messages of [PROBE, PROBE.slice(1)]) {
    const expected = renderOwn(messages);
    const given = renderJinja(template, messages, directory);
    if (given === expected) continue;
    const difference = `writes ${JSON.stringify(given)}`;
    throw new UnsupportedChatTemplateError(directory, difference, JSON.stringify(expected));
  }
  return true;
}

async function readTemplate(directory: string, present: ReadonlySet<string>): Promise<string | undefined> {
  if (present.has(TEMPLATE_FILE)) return readTextFile(path.join(directory, TEMPLATE_FILE), WHEN_MISSING);
  for (const name of JSON_FILES.filter((file) => present.has(file))) {
    const file = path.join(directory, name);
    const { chat_template: template } = parseConfig(
      file,
      templateSchema,
      await readJsonFile(file, WHEN_MISSING),
    );
    if (typeof template === 'string') return template;
  }
  return undefined;
}

function renderJinja(template: string, messages: readonly PromptMessage[], directory: string): string {
  try {
    return new Template(template).render({ messages: [...messages], add_generation_prompt: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnsupportedChatTemplateError(
      directory,
      `fails (${reason})`,
      JSON.stringify(renderOwn(messages)),
      {
        cause,
      },
    );
  }
}

function renderOwn(messages: readonly PromptMessage[]): string {
  const template = findChatTemplate(NATIVE_TEMPLATE);
  return renderPrompt(template, toConversation(messages, template)).map(textOf).join('');
}

function textOf(part: PromptPart): string {
  if (part.kind === 'text') return part.text;
  return part.kind === 'token' ? part.token : '<IMG_CONTEXT>';
}
