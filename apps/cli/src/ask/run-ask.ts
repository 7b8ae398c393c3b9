import { type Config, loadConfig } from '@tessera/config';
import { type ImageArgument, parseImageArgument } from '../images/image-argument.js';
import { AnswerWriter } from './answer-writer.js';
import { type AskOptions } from './ask-command.js';
import { StandardInputTwiceError, TooManyQuestionImagesError } from './errors.js';

/** A question, checked as far as it can be without reading an image. */
export interface Question {
  readonly images: readonly ImageArgument[];
  readonly options: AskOptions;
  readonly config: Config;
  /** Absent: the answer is wanted whole. */
  readonly writer: AnswerWriter | undefined;
}

/** Answers the question on standard output, in this process or, with `--url`, by a service. */
export async function runAsk(texts: readonly string[], options: AskOptions): Promise<void> {
  const config = loadConfig();
  const images = texts.map(parseImageArgument);
  checkImages(images, config.images.maxPerJob);
  const writer =
    options.json === true ? undefined : new AnswerWriter((text) => void process.stdout.write(text));
  const question: Question = { images, options, config, writer };
  const result = await answer(question, options.url);
  if (writer === undefined) process.stdout.write(`${JSON.stringify(result)}\n`);
  else writer.end(result.text);
}

async function answer(question: Question, url: string | undefined): Promise<{ text: string }> {
  if (url === undefined) {
    const { askEngine } = await import('./ask-engine.js');
    return askEngine(question);
  }
  const { askService } = await import('./ask-service.js');
  return askService(question, url);
}

function checkImages(images: readonly ImageArgument[], limit: number): void {
  if (images.length > limit) throw new TooManyQuestionImagesError(images.length, limit);
  const fromStandardInput = images.filter(({ kind }) => kind === 'stdin').length;
  if (fromStandardInput > 1) throw new StandardInputTwiceError(fromStandardInput);
}
