import { CUDA_BUILDS } from './builds/cuda.js';
import { RuntimePlatformError } from './errors.js';
import { platformOf, type RuntimeBuild } from './runtime-build.js';

/**
 * The build for a platform, by default for this one.
 * @throws RuntimePlatformError
 */
export function chooseBuild(
  builds: readonly RuntimeBuild[] = CUDA_BUILDS,
  here: Pick<RuntimeBuild, 'platform' | 'arch'> = process,
): RuntimeBuild {
  const build = builds.find(({ platform, arch }) => platform === here.platform && arch === here.arch);
  if (build !== undefined) return build;
  throw new RuntimePlatformError('CUDA', platformOf(here), builds.map(platformOf));
}
