import {
  copyImages,
  type RestartableEngine,
  startRestartableEngine,
} from '../../../../scripts/engine/restartable.ts';

/** An engine that may be restarted, with the images of a stack; DOCKER_HOST names it until it is disposed. */
export async function engineOfItsOwn(signal = new AbortController().signal): Promise<RestartableEngine> {
  const { DOCKER_HOST: before } = process.env;
  const scene = { env: {}, log: () => {}, signal };
  const engine = await startRestartableEngine(scene);
  const dispose = async () => {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
    await engine[Symbol.asyncDispose]();
  };
  try {
    await copyImages(scene, ['node:24-bookworm-slim', 'haproxy:3.0'], engine.host);
    process.env.DOCKER_HOST = engine.host;
    return { ...engine, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
