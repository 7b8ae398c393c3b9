import { describe, expect, it } from 'vitest';
import { filesOf, platformOf } from '../runtime-build.js';
import { CUDA_BUILDS } from './cuda.js';

/** A path of two or three plain steps, such that nothing leads out of the folder. */
const TARGET = /^(lib|licences\/[a-z0-9-]+)\/[A-Za-z0-9][A-Za-z0-9._-]*$/;

describe.each(CUDA_BUILDS.map((build) => [platformOf(build), build] as const))(
  'the CUDA build for %s',
  (_, build) => {
    it('pins every wheel by name, version, size and checksum', () => {
      for (const { project, version, fileName, bytes, sha256 } of build.wheels) {
        expect(fileName).toMatch(
          new RegExp(`^${project.replaceAll('-', '_')}-${version.replaceAll('.', '\\.')}-`),
        );
        expect(fileName).toMatch(build.arch === 'x64' ? /_x86_64\.whl$/ : /_aarch64\.whl$/);
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(bytes).toBeGreaterThan(1_000_000);
      }
      expect(new Set(build.wheels.map(({ sha256 }) => sha256)).size).toBe(build.wheels.length);
    });

    it('puts every file, licences among them, at a place of its own below its folder', () => {
      const targets = filesOf(build).map(({ target }) => target);
      for (const target of targets) expect(target).toMatch(TARGET);
      expect(new Set(targets).size).toBe(targets.length);
      for (const { files } of build.wheels)
        expect(files.some(({ target }) => target.startsWith('licences/'))).toBe(true);
    });

    it('has every library that is loaded, and those of the provider beside it', () => {
      const targets = filesOf(build).map(({ target }) => target);
      const provider = ['shared', 'cuda'].map((name) => `lib/libonnxruntime_providers_${name}.so`);
      expect(targets).toEqual(expect.arrayContaining([build.library, ...provider, ...build.preload]));
    });

    it('is of the version of its first wheel', () => {
      expect(build.wheels[0]).toMatchObject({ project: 'onnxruntime-gpu', version: build.version });
    });
  },
);
