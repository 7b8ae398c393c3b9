import type { SourceForm } from '@tessera/contracts';
import { posix } from 'node:path';
import type { FilePlace, ReadOptions } from '../../source.js';
import { SourceFileError, SourceUnusableError } from '../errors.js';
import { formOfName, isOfForm } from '../forms.js';
import { placeName } from '../place-name.js';
import type { SourceOptions } from '../source-options.js';
import { detectByNames, detectForm, type Detection } from './detect-form.js';
import { expandUri, type Target } from './expand-uri.js';
import { walkBucket } from './walk-bucket.js';
import { walkFolder } from './walk-folder.js';

export interface FoundFile {
  /** Path below the folder that all files of the set are in, with `/` on every system. */
  readonly name: string;
  readonly place: FilePlace;
}

/** The files that a URI names. */
export class FileSet {
  private constructor(
    readonly uri: string,
    private readonly targets: readonly Target[],
    private readonly buckets: SourceOptions['buckets'],
  ) {}

  /** @throws {SourceUnusableError} */
  static async find(uri: string, options: SourceOptions): Promise<FileSet> {
    return new FileSet(uri, await expandUri(uri, options), options.buckets);
  }

  /** The file, where the URI names one by itself. */
  get onlyFile(): FilePlace | undefined {
    const [target, ...others] = this.targets;
    return target?.kind === 'file' && others.length === 0 ? target.place : undefined;
  }

  /** @throws {SourceUnusableError} where names do not tell it */
  async detectForm(signal?: AbortSignal): Promise<SourceForm> {
    const detection = await this.detect(signal);
    if (detection.kind === 'form') return detection.form;
    throw new SourceUnusableError(
      this.uri,
      detection.kind === 'none'
        ? 'names of files tell no form: there are no images, tars or lists'
        : `it has files of several forms (${detection.forms.join(', ')}); say which`,
    );
  }

  /** Those of a form, in an order that two readings agree on. */
  async *files(form: SourceForm, options: ReadOptions = {}): AsyncGenerator<FoundFile> {
    const base = commonFolder(this.targets.map(folderOf));
    const given: Target[] = [];
    for (const target of this.targets) {
      for await (const place of this.placesOf(target, form, options)) {
        const name = placeName(place);
        if (!given.some((earlier) => isWithin(name, earlier))) yield { name: name.slice(base.length), place };
      }
      // Names without a pattern are different from each other; between these, there are few.
      if (target.kind !== 'file') given.push(target);
    }
  }

  private async detect(signal: AbortSignal | undefined): Promise<Detection> {
    const reading = { buckets: this.buckets, signal };
    const forms = new Set<SourceForm>();
    for (const target of this.targets) {
      const found = await this.detectTarget(target, reading);
      if (found.kind === 'several') return found;
      if (found.kind === 'form') forms.add(found.form);
      // A pattern or a folder takes its time, and others in the same braces are like it.
      if (found.kind === 'form' && target.kind !== 'file') break;
    }
    const [form, ...others] = forms;
    if (form === undefined) return { kind: 'none' };
    return others.length === 0 ? { kind: 'form', form } : { kind: 'several', forms: [form, ...others] };
  }

  private async detectTarget(
    target: Target,
    reading: Pick<SourceOptions, 'buckets' | 'signal'>,
  ): Promise<Detection> {
    if (target.kind === 'folder') return detectForm(target.place, reading);
    if (target.kind === 'glob') return detectByNames(namesOf(this.walk(target, target.accepts, reading)));
    const form = formOfName(placeName(target.place));
    return form === undefined ? { kind: 'none' } : { kind: 'form', form };
  }

  private async *placesOf(target: Target, form: SourceForm, options: ReadOptions): AsyncGenerator<FilePlace> {
    if (target.kind === 'file') {
      yield target.place;
      return;
    }
    const isWanted = (name: string) => isOfForm(name, form);
    const accepts =
      target.kind === 'folder' ? isWanted : (name: string) => target.accepts(name) && isWanted(name);
    yield* this.walk(target, accepts, options);
  }

  private async *walk(
    target: Exclude<Target, { kind: 'file' }>,
    accepts: (name: string) => boolean,
    { signal, onUnreadable }: ReadOptions | (Pick<SourceOptions, 'signal'> & { onUnreadable?: undefined }),
  ): AsyncGenerator<FilePlace> {
    const { place } = target;
    const walking = { accepts, signal, depth: target.kind === 'glob' ? target.depth : undefined };
    if (place.kind === 's3') {
      const { bucket } = place;
      for await (const { key } of walkBucket(place, { ...walking, buckets: this.buckets })) {
        yield { kind: 's3', bucket, key };
      }
      return;
    }
    try {
      for await (const { path } of walkFolder(place.path, { ...walking, onUnreadable })) {
        yield { kind: 'file', path };
      }
    } catch (cause) {
      signal?.throwIfAborted();
      throw new SourceFileError(place.path, cause instanceof Error ? cause.message : String(cause), {
        cause,
      });
    }
  }
}

async function* namesOf(places: AsyncIterable<FilePlace>): AsyncGenerator<string> {
  for await (const place of places) yield placeName(place);
}

/** Whether a file is one that a folder or a pattern has, too. */
function isWithin(name: string, target: Target): boolean {
  const folder = folderOf(target);
  if (!name.startsWith(folder)) return false;
  return target.kind === 'glob' ? target.accepts(name.slice(folder.length)) : true;
}

/** Of a place, with a slash at its end. */
function folderOf(target: Target): string {
  const name = placeName(target.place);
  const folder = target.kind === 'file' ? posix.dirname(name) : name;
  return folder.endsWith('/') ? folder : `${folder}/`;
}

/** The longest folder that all these are in, with its slash. */
function commonFolder(folders: readonly string[]): string {
  let [common = ''] = folders;
  for (const folder of folders) {
    while (!folder.startsWith(common))
      common = common.slice(0, common.lastIndexOf('/', common.length - 2) + 1);
  }
  return common;
}
