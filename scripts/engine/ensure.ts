import { existsSync } from 'node:fs';
import { demoImages, type ImageName, missingImages } from './catalog.ts';
import { debianSuite } from './debian.ts';
import { answers, findEngine, whyNoEngine } from './detect.ts';
import { removeEngine, startEngine, stopEngine } from './dockerd.ts';
import { provideImages } from './images.ts';
import { exclusively } from './lock.ts';
import { privateHost, stateFolder } from './paths.ts';
import { EngineError, type Scene } from './step.ts';
import { clearTemporaryFolders } from './temporary.ts';
import { clientEnvironment, hasCompose, provideClient, provideTool } from './tools.ts';

export interface EngineOptions {
  /** Default: {@link demoImages}. */
  readonly images?: readonly ImageName[];
  /** Called with one line a step; nothing is said when there is nothing to do. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface ProvidedEngine {
  /** What must be set for `docker`, `docker compose` and dockerode to reach the engine. */
  readonly env: Record<string, string>;
  /** Whether somebody's engine was found or ours is used. */
  readonly provided: 'existing' | 'private';
}

/**
 * Provides a Docker engine with Compose v2 and images: the one that answers, else a private one where the machine is
 * Debian and we are root. Safe to call from many processes at once, and cheap when all is there.
 *
 * @throws EngineError that says what was looked for and what to install.
 */
export async function ensureEngine(options: EngineOptions = {}): Promise<ProvidedEngine> {
  const images = options.images ?? demoImages;
  const found = await findEngine();
  const env = await clientEnvironment(found ? found.host : privateHost);
  const scene = sceneOf(options, env);
  if (!(await isComplete(scene, images))) await complete(scene, images, found !== undefined);
  return { env, provided: found ? 'existing' : 'private' };
}

/**
 * What must be set for a program that is a Debian package of its name to be found: the machine's own, or one that is
 * unpacked beside the engine's tools and goes with them.
 *
 * @throws EngineError
 */
export async function ensureTool(name: string, options: EngineOptions = {}): Promise<Record<string, string>> {
  const scene = sceneOf(options);
  return exclusively(scene, () => provideTool(scene, name));
}

/** Stops the private engine with its containers, never another one. Tells whether there was anything to stop. */
export async function stop(options: EngineOptions = {}): Promise<boolean> {
  if (!present()) return false;
  const scene = sceneOf(options);
  return exclusively(scene, () => stopEngine(scene));
}

/** Stops the private engine and removes all that was ever put on this machine. Tells whether there was anything. */
export async function clean(options: EngineOptions = {}): Promise<boolean> {
  if (!present()) return false;
  const scene = sceneOf(options);
  await exclusively(scene, () => removeEngine(scene));
  return true;
}

async function isComplete(scene: Scene, images: readonly ImageName[]): Promise<boolean> {
  if (scene.env.DOCKER_HOST === privateHost && !(await answers(privateHost))) return false;
  return (await hasCompose(scene.env)) && !(await missingImages(scene, images)).length;
}

/** Whether an engine can be provided here: on Debian, as root. */
export const canProvideEngine = async (): Promise<boolean> =>
  process.getuid?.() === 0 && (await debianSuite()) !== undefined;

async function complete(scene: Scene, images: readonly ImageName[], existing: boolean): Promise<void> {
  const capable = await canProvideEngine();
  if (!existing && !capable) throw new EngineError(`${await whyNoEngine()}: ${remedy}`);
  const extensible = capable && scene.env.DOCKER_HOST !== undefined;
  if (!extensible && !(await hasCompose(scene.env)))
    throw new EngineError(`Docker Compose v2 is missing: ${remedy}`);
  if (!capable) return provideImages(scene, images, false);
  await exclusively(scene, async () => {
    await clearTemporaryFolders();
    await provideClient(scene);
    if (!existing) await startEngine(scene);
    await provideImages(scene, images, true);
  });
}

function present(): boolean {
  if (!existsSync(stateFolder)) return false;
  if (process.getuid?.() === 0) return true;
  throw new EngineError('The private engine belongs to root: run this as root');
}

const remedy =
  'install Docker with its Compose plugin and start it, or run this as root on Debian, where a private engine can be provided';

const sceneOf = (
  { log = () => {}, signal = new AbortController().signal }: EngineOptions,
  env = {},
): Scene => ({
  env,
  log,
  signal,
});
