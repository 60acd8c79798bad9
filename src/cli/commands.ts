import type { Command } from './command.ts'
import { get } from './get/command.ts'
import { loadCommand } from './load/command.ts'
import { probeCommand } from './probe/command.ts'
import { schemaCommand } from './schema/command.ts'
import { topCommand } from './top/command.ts'

/** In the order of the help. */
export const commands: readonly Command[] = [get, probeCommand, loadCommand, topCommand, schemaCommand]
