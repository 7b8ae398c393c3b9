import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

const HEAD = `# Drills

Written by \`npm run drills\`, which strikes a system as built (or a run of its command line) and counts afterwards what became of everything it was asked. \`npm run drills jobs\`, \`npm run drills batch\`, \`npm run drills tenants\` and \`npm run drills caption\` run one of them; the seed, the number of blows and the lengths are options (\`test/chaos/main.ts\`). [operations.md](operations.md) says what survives what.
`;
const TITLES = ['Jobs', 'A batch', 'Tenants', 'A dataset'] as const;

export type SectionTitle = (typeof TITLES)[number];

/** Replaces one section of the report, and leaves the others as they were when their drills were last run. */
export async function writeSection(file: string, title: SectionTitle, body: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const sections = new Map(
    before
      .split(/^## /m)
      .slice(1)
      .map((text): [string, string] => {
        const [first = '', ...rest] = text.split('\n');
        return [first.trim(), rest.join('\n')];
      }),
  );
  sections.set(title, `\n${body}`);
  const text = TITLES.map((name) => {
    const section = sections.get(name);
    return section === undefined ? '' : `\n## ${name}\n${section}`;
  });
  const style = await resolveConfig(file);
  await writeFile(file, await format([HEAD, ...text].join(''), { ...style, parser: 'markdown' }));
}
