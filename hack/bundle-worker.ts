/**
 * A worker thread's program, carried in the one file as a text: the worker loads that alone, not the whole bundle a second time.
 */
import { type BuildOptions, build, type Plugin } from 'esbuild'

/** Modules that only say where a worker's program lies, and that program. */
const workers: Readonly<Record<string, string>> = {
  'src/store/sqlite/worker-file.ts': 'src/store/sqlite/store-worker.ts',
}

/** `root` is the checkout, with a slash at its end; `options` are those of the bundle. */
export function carriedWorkers(root: string, options: BuildOptions): Plugin {
  return {
    name: 'carried-workers',
    setup(bundling) {
      bundling.onLoad({ filter: /\/worker-file\.ts$/ }, async ({ path }) => {
        const entry = workers[path.slice(root.length)]
        if (entry === undefined) throw new Error(`hack/bundle-worker.ts does not know the program of ${path}`)
        const { outputFiles } = await build({ ...options, entryPoints: [`${root}${entry}`], write: false })
        const [file] = outputFiles
        if (file === undefined) throw new Error(`${entry} gave no program`)
        const url = `data:text/javascript;base64,${Buffer.from(file.contents).toString('base64')}`
        return { contents: `export const workerFile = new URL(${JSON.stringify(url)})`, loader: 'js' }
      })
    },
  }
}
