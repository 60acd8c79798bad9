/** What of `process` says how Node was started. */
type Started = Pick<NodeJS.Process, 'env' | 'execArgv'>

/**
 * Whether Node was told that its own `fetch` shall go through the proxies of the environment: by `NODE_USE_ENV_PROXY=1`,
 * or by `--use-env-proxy` on the command line or in `NODE_OPTIONS`.
 */
export function usesEnvironmentProxies({ env, execArgv }: Started): boolean {
  const flags = [...execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)]
  return env.NODE_USE_ENV_PROXY === '1' || flags.includes('--use-env-proxy')
}
