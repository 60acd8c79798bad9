/** Pieces of JSON schemas. */

export type Schema = Readonly<Record<string, unknown>>

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
/** A time in ms, a rate, a share: a number that is not below 0. */
export const amount: Schema = { type: 'number', minimum: 0 }
export const whole: Schema = { type: 'integer', minimum: 0 }
export const date: Schema = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
}
export const protocol: Schema = { enum: ['h2', 'http/1.1'] }
export const status: Schema = { type: 'integer', minimum: 100, maximum: 599 }

/** Null, or what is said. */
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })

/** Every property is there, and no other. */
export const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

export const list = (items: Schema): Schema => ({ type: 'array', items })

/** Counts by a name. */
export const counts: Schema = { type: 'object', additionalProperties: whole }

export const root = (title: string, properties: Readonly<Record<string, Schema>>): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title,
  ...object(properties),
})
