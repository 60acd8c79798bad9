import { onlyOperand } from '../client-flags.ts'
import type { Arguments, Command, Io } from '../command.ts'
import { ExitCode, UsageError } from '../exit-codes.ts'
import { getSchema } from './get-schema.ts'
import { loadSchema } from './load-schema.ts'
import { probeSchema } from './probe-schema.ts'
import { topSchema } from './top-schema.ts'

const SCHEMAS: Readonly<Record<string, object>> = {
  get: getSchema,
  probe: probeSchema,
  load: loadSchema,
  top: topSchema,
}

export const schemaCommand: Command = {
  name: 'schema',
  summary: "Print the JSON schema of a command's JSON output.",
  usage: ['get | probe | load | top'],
  about: [
    'For get, the schema of --summary; for the others, that of --json. The dialect is JSON Schema 2020-12.',
  ],
  groups: [],
  examples: [['trunkline schema probe > probe.schema.json', 'for a validator']],
  run,
}

async function run(given: Arguments, io: Io): Promise<ExitCode> {
  const name = onlyOperand(given, 'command')
  const schema = name === undefined || !Object.hasOwn(SCHEMAS, name) ? undefined : SCHEMAS[name]
  if (schema === undefined) {
    throw new UsageError(
      `There are schemas for ${Object.keys(SCHEMAS).join(', ')}${name === undefined ? '' : `, not of '${name}'`}.`,
    )
  }
  await io.stdout.write(`${JSON.stringify(schema, null, 2)}\n`)
  return ExitCode.OK
}
