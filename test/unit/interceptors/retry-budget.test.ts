import { describe, expect, test } from 'vitest'
import { RetryBudget } from '../../../src/interceptors/retry-budget.ts'

const A = 'https://a.test'
const B = 'https://b.test'

function spendAll(budget: RetryBudget, origin: string): number {
  let spent = 0
  while (spent < 100 && budget.spend(origin)) spent += 1
  return spent
}

describe('RetryBudget', () => {
  test('an origin nobody asked anything of has none', () => {
    expect(new RetryBudget().spend(A)).toBe(false)
  })

  test('starts with ten, then it is spent', () => {
    const budget = new RetryBudget()
    budget.earn(A)
    expect(spendAll(budget, A)).toBe(10)
  })

  test('ten requests earn one more', () => {
    const budget = new RetryBudget()
    budget.earn(A)
    spendAll(budget, A)
    for (let count = 0; count < 9; count += 1) budget.earn(A)
    expect(budget.spend(A)).toBe(false)
    budget.earn(A)
    budget.earn(A)
    expect(spendAll(budget, A)).toBe(1)
  })

  test('holds ten at most, however many requests go well', () => {
    const budget = new RetryBudget()
    for (let count = 0; count < 1000; count += 1) budget.earn(A)
    expect(spendAll(budget, A)).toBe(10)
  })

  test('each origin has its own', () => {
    const budget = new RetryBudget()
    budget.earn(A)
    budget.earn(B)
    spendAll(budget, A)
    expect(budget.spend(B)).toBe(true)
  })

  test('a tenth of the traffic at length', () => {
    const budget = new RetryBudget()
    let retries = 0
    for (let count = 0; count < 10_000; count += 1) {
      budget.earn(A)
      if (budget.spend(A)) retries += 1
    }
    expect(retries).toBeGreaterThan(950)
    expect(retries).toBeLessThan(1050)
  })
})
