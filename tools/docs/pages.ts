import { format, resolveConfig } from 'prettier';
import { replaceSection } from './generated-section.js';
import { renderErrorCodes } from './render-error-codes.js';
import { renderSettings } from './render-settings.js';

/** A page of `docs/` with a section that follows from the code. */
export interface GeneratedPage {
  /** From the repository root. */
  readonly path: string;
  /** The page with its section as it should be, formatted like every other file. */
  readonly render: (page: string) => Promise<string>;
}

export const GENERATED_PAGES: readonly GeneratedPage[] = [
  generatedPage('docs/errors.md', 'error codes', renderErrorCodes),
  generatedPage('docs/operations.md', 'settings', renderSettings),
];

function generatedPage(path: string, section: string, content: () => string): GeneratedPage {
  return {
    path,
    render: async (page) =>
      format(replaceSection(page, section, content()), {
        ...(await resolveConfig(path)),
        parser: 'markdown',
      }),
  };
}
