/** Orders as an API would give them, about so many megabytes of JSON. */
export function orders(megabytes: number): readonly object[] {
  return Array.from({ length: Math.round(megabytes * 4700) }, (_, id) => ({
    id,
    customer: { name: `Customer ${id % 997}`, email: `customer-${id % 997}@example.com` },
    items: [
      { sku: `A-${id % 101}`, count: 1 + (id % 5), price: 19.95 },
      { sku: `B-${id % 103}`, count: 2, price: 4.5 },
    ],
    paid: id % 3 === 0,
    note: null,
  }))
}
