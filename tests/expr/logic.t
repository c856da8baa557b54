# Combination.  views is 5 and title is NULL, so that views=5 is true, views=6 false and title="a" unknown.

row {"views":5,"price":2.5}

true {}
true {"views":5,"price":2.5}
false {"views":5,"price":2.6}
true {"views":{"_gt":4,"_lt":6}}
false {"views":{"_gt":4,"_lt":5}}

true {"_and":[{"views":5},{"views":5}]}
false {"_and":[{"views":5},{"views":6}]}
false {"_and":[{"views":6},{"views":6}]}
null {"_and":[{"views":5},{"title":"a"}]}
false {"_and":[{"views":6},{"title":"a"}]}
null {"_and":[{"title":"a"},{"title":"a"}]}

true {"_or":[{"views":5},{"views":6}]}
false {"_or":[{"views":6},{"views":6}]}
true {"_or":[{"views":5},{"title":"a"}]}
null {"_or":[{"views":6},{"title":"a"}]}
null {"_or":[{"title":"a"},{"title":"b"}]}

false {"_not":{"views":5}}
true {"_not":{"views":6}}
null {"_not":{"title":"a"}}
true {"_not":{"_not":{"views":5}}}
null {"_not":{"_not":{"title":"a"}}}

# NOT over AND and OR, where SQL gets them without NOT
false {"_not":{"_and":[{"views":5},{"views":5}]}}
true {"_not":{"_and":[{"views":5},{"views":6}]}}
null {"_not":{"_and":[{"views":5},{"title":"a"}]}}
true {"_not":{"_and":[{"views":6},{"title":"a"}]}}
false {"_not":{"_or":[{"views":5},{"title":"a"}]}}
null {"_not":{"_or":[{"views":6},{"title":"a"}]}}
true {"_not":{"_or":[{"views":6},{"price":1}]}}
true {"_not":{"_or":[{"views":6},{"_not":{"views":5}}]}}
false {"_not":{"views":5,"price":2.5}}
true {"_not":{"views":{"_gt":4,"_lt":5}}}

# NOT of every operator
true {"_not":{"views":{"_neq":5}}}
false {"_not":{"views":{"_gt":4}}}
true {"_not":{"views":{"_gte":6}}}
false {"_not":{"views":{"_lt":6}}}
true {"_not":{"views":{"_lte":4}}}
false {"_not":{"views":{"_in":[5]}}}
true {"_not":{"views":{"_nin":[5]}}}
false {"_not":{"views":{"_between":[5,5]}}}
true {"_not":{"views":{"_nbetween":[5,5]}}}
false {"_not":{"title":{"_null":true}}}
true {"_not":{"title":{"_nnull":true}}}
false {"_not":{"title":{"_empty":true}}}
true {"_not":{"title":{"_nempty":true}}}
null {"_not":{"title":{"_contains":"a"}}}
null {"_not":{"title":{"_nicontains":"a"}}}

# the same words with a dollar sign
true {"$and":[{"views":5},{"$or":[{"views":6},{"price":2.5}]}]}
true {"$not":{"views":6}}

# a field beside logic
true {"views":5,"_or":[{"price":1},{"price":2.5}]}
false {"views":6,"_or":[{"price":1},{"price":2.5}]}
true {"_and":[{"_or":[{"views":6},{"views":5}]},{"_not":{"price":1}}]}
true {"_or":[{"_and":[{"views":5},{"title":"a"}]},{"price":2.5}]}

row {"title":"a"}
false {"_not":{"title":{"_contains":"a"}}}
true {"_not":{"title":{"_ncontains":"a"}}}
false {"_not":{"title":{"_icontains":"A"}}}
true {"_not":{"title":{"_nicontains":"A"}}}
false {"_not":{"title":{"_starts_with":"a"}}}
true {"_not":{"title":{"_nstarts_with":"a"}}}
false {"_not":{"title":{"_istarts_with":"A"}}}
true {"_not":{"title":{"_nistarts_with":"A"}}}
false {"_not":{"title":{"_ends_with":"a"}}}
true {"_not":{"title":{"_nends_with":"a"}}}
false {"_not":{"title":{"_iends_with":"A"}}}
true {"_not":{"title":{"_niends_with":"A"}}}
