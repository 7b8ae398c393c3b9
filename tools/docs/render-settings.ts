import { SETTINGS, type SettingMetadata } from '@tessera/config';

/** Every environment variable, one table a group. */
export function renderSettings(): string {
  const groups = [...new Set(SETTINGS.map(({ group }) => group))];
  return groups.map((group) => renderGroup(group)).join('\n\n');
}

function renderGroup(group: string): string {
  const rows = SETTINGS.filter((setting) => setting.group === group).map(renderRow);
  return [`### ${group}`, '', '| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function renderRow({ name, description, unit, default: standard }: SettingMetadata): string {
  const shown = standard === undefined || standard === '' ? '' : `\`${standard}\``;
  return `| \`${name}\` | ${shown} | ${description}${unit === undefined ? '' : ` In ${unit}.`} |`;
}
