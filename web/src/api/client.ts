// The one door to REST, as the pages know it.

export * from '../../client/src/rest'
