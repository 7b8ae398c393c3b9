import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// From apps/cli/src/up or apps/cli/dist/up, whichever runs.
const EXAMPLES = fileURLToPath(new URL('../../../../models/tessera-tiny/examples', import.meta.url));
const PICTURE = '0001.jpg';
const QUESTION = 'Describe the image in detail.';

export interface Address {
  readonly url: string;
  readonly logDirectory: string;
  /** Whether requests need a key. */
  readonly asksForKey: boolean;
}

/** What to print once everything runs: the address, and commands that work as they stand in this folder. */
export function formatWelcome({ url, logDirectory, asksForKey }: Address): string[] {
  const examples = relative(process.cwd(), EXAMPLES);
  const key = asksForKey ? ` -H "Authorization: Bearer $TESSERA_ADMIN_KEY"` : '';
  return [
    '',
    `Tessera is ready at ${url} (documentation of the API: ${url}/docs). Try:`,
    '',
    `  curl${key} -H 'Prefer: wait=30' -F image=@${examples}/${PICTURE} -F 'question=${QUESTION}' ${url}/v1/jobs`,
    `  npx tessera ask ${examples}/${PICTURE} -q '${QUESTION}'`,
    `  npx tessera caption ${examples} -q '${QUESTION}' -o captions.jsonl`,
    ...(asksForKey
      ? [`  TESSERA_API_KEY=$TESSERA_ADMIN_KEY npx tessera key create me --scopes jobs --url ${url}`]
      : []),
    '',
    `Logs are in ${relative(process.cwd(), logDirectory)}. Ctrl-C stops everything.`,
  ];
}
