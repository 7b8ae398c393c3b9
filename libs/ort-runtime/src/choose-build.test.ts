import { describe, expect, it } from 'vitest';
import { chooseBuild } from './choose-build.js';
import { RuntimePlatformError } from './errors.js';

describe('chooseBuild', () => {
  it.each(['x64', 'arm64'] as const)('finds the one for Linux on %s', (arch) => {
    expect(chooseBuild(undefined, { platform: 'linux', arch })).toMatchObject({ platform: 'linux', arch });
  });

  it.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'ppc64'],
  ] as const)('refuses %s/%s, naming the platforms that there are', (platform, arch) => {
    const choose = () => chooseBuild(undefined, { platform, arch });
    expect(choose).toThrow(RuntimePlatformError);
    expect(choose).toThrow(`can be installed on linux/x64 and linux/arm64, not on ${platform}/${arch}`);
  });
});
