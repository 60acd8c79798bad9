import * as workerThreads from 'node:worker_threads'

/**
 * Makes `structuredClone` and `postMessage` refuse an object, as they refuse the platform's. Looked up at run time: a
 * named import that Node 20 does not have would keep the whole package from loading there.
 */
export const markAsUncloneable: (object: object) => void = workerThreads.markAsUncloneable ?? (() => {})
