// Renders cases with the real Nunjucks, set up as GOV.UK Frontend sets it up, for the tests to compare with.
// Standard input: a JSON list of { template, macro, params } or { source, context }.
// Standard output: a JSON list of { html } or { error }.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(join(root, 'package.json'))
const nunjucks = require('nunjucks')
const modules = join(root, 'node_modules')
const env = nunjucks.configure(
  [join(modules, 'govuk-frontend/dist'), join(modules, '@ministryofjustice/frontend')],
  { autoescape: true, trimBlocks: true, lstripBlocks: true }
)
const filters = require('@ministryofjustice/frontend/moj/filters/all.js')()
for (const name of Object.keys(filters)) env.addFilter(name, filters[name])

const results = JSON.parse(readFileSync(0, 'utf8')).map(({ template, macro, params, source, context }) => {
  try {
    const text = source ?? `{%- from "${template}" import ${macro} -%}{{- ${macro}(params) -}}`
    return { html: env.renderString(text, context ?? { params }) }
  } catch (error) {
    return { error: String(error) }
  }
})
process.stdout.write(JSON.stringify(results))
