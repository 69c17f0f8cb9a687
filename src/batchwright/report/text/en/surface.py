"""Loss surfaces."""

STRINGS = {
    "surface.title": "{task}: loss surface",
    "surface.eyebrow": (
        "{task} · loss surface over {train:count} training and {validation:count} validation examples"
    ),
    "surface.direction.first": "the first random direction",
    "surface.direction.second": "the second random direction",
    "surface.axis.alpha": "alpha, along {along}",
    "surface.axis.beta": "beta, along {along}",
    "surface.axis.between": "alpha, from {first:mark} (0) to {second:mark} (1)",
    "surface.axis.component": "{axis}, component {place}: {share:.1%} of the variance",
    "surface.axis.towards": "alpha, from {first:mark} to {second:mark}",
    "surface.axis.across": "beta, from that line to {third:mark}",
    "surface.place": "{alpha:number} along {across} and {beta:number} along {up}",
    "surface.place.through": (
        "{alpha:number} from {first:mark} towards {second:mark} and {beta:number} across, towards {third:mark}"
    ),
    "surface.infinite": "not finite",
    "surface.between.infinite": (
        "Between {first:mark} and {second:mark} the training loss is not finite from {share:percent} of the way on; "
        "{sharper}."
    ),
    "surface.between.none": "Between {first:mark} and {second:mark} there is no barrier in training loss; {sharper}.",
    "surface.between.barrier": (
        "Between {first:mark} and {second:mark} there is a barrier of {barrier:measured} in training loss, "
        "{share:percent} of the way; {sharper}."
    ),
    "surface.sharper.infinite": "the loss about an end is not finite",
    "surface.sharper.not_convex": "along this line the training loss does not curve upwards at both ends",
    "surface.sharper.equal": "both ends are equally sharp along this line",
    "surface.sharper.by": "the {end:mark} end is {ratio} times sharper along this line",
    "surface.along": (
        "Along {along} the training loss is {here:measured} at the weights and lowest, {low}, at "
        "alpha {alpha}; it is {ends:clauses}."
    ),
    "surface.along.lowest_here": (
        "Along {along} the training loss is lowest at the weights, {here:measured}; it is {ends:clauses}."
    ),
    "surface.along.end": "{loss} at alpha {alpha:number}",
    "surface.along.infinite": "Along {along} the training loss is not finite at the weights.",
    "surface.over": (
        "Over this plane the training loss, {here:measured} at the weights, falls to {low} at "
        "{place}, and rises to {high:measured}."
    ),
    "surface.over.lowest_here": (
        "Over this plane the training loss is lowest at the weights, {here:measured}; it rises to "
        "{high:measured}."
    ),
    "surface.over.infinite": "Over this plane the training loss is finite nowhere.",
    "surface.over.infinite_here": "Over this plane the training loss at the weights is not finite.",
    "surface.trajectory": (
        "Two directions explain {both:.1%} of the way that training took ({first:.1%} and {second:.1%}); the "
        "loss at a snapshot's projection is off by up to {worst:percent}."
    ),
    "surface.trajectory.unknown": (
        "Two directions explain {both:.1%} of the way that training took ({first:.1%} and {second:.1%}); the "
        "losses at the projections are not finite."
    ),
    "surface.through": (
        "Over the plane through the three ({models}) the training loss is lowest in between or beyond: "
        "{low} at {place}."
    ),
    "surface.through.none": (
        "No point of the plane through the three has a lower training loss than they ({models})."
    ),
    "surface.through.model": "{name:mark}: {loss}",
    "surface.not_finite": "At {missing:count} of {points:count} points the loss is not finite.",
    "surface.unequal": (
        "The ends are not trained equally far (training loss {first:measured} and {second:measured}): "
        "sharpness and barrier compare that too. Train both for as many steps, or give each its own learning "
        "rate."
    ),
    "surface.skew": "The two directions are not at a right angle: their cosine is {cosine:.2f}.",
    "surface.recalibrated": (
        "Batch norm's running statistics were recomputed from the training examples at every point."
    ),
    "surface.components": (
        "Two components explain most of any smooth or random walk in many dimensions: the share alone says "
        "little."
    ),
    "surface.scale": (
        "Widths depend on how the weights are scaled: a network that computes the same with rescaled weights "
        "can look sharper or flatter (Dinh et al. 2017)."
    ),
    "surface.caption": "{axes}.",
    "surface.snapshots.caption": "The training loss at the run's snapshots, and at their projections.",
    "surface.column.point": "point",
    "surface.column.alpha": "alpha",
    "surface.column.beta": "beta",
    "surface.column.loss": "{split:split} loss",
    "surface.column.metric": "{split:split} {metric:metric}",
    "surface.column.updates": "updates",
    "surface.column.real": "real loss",
    "surface.column.projected": "projected loss",
    "surface.column.distance": "distance from the plane",
    "surface.lowest": "lowest on the grid",
    "surface.highest": "highest on the grid",
    "surface.line.title": "Loss and metrics along the line",
    "surface.line.takeaway": "Training and validation, each over all its examples; dashed lines are models.",
    "surface.plane.train": "Training loss",
    "surface.plane.validation": "Validation loss",
    "surface.plane.takeaway": "From blue, the lowest, to orange, the highest; what is not finite is hatched.",
    "surface.about.points": "points",
    "surface.about.axes": "axes",
    "surface.next.study": "for the batch size between these that reaches the target first",
    "surface.next.plane": "for the plane with a second direction",
    "surface.next.along": "for the curvature that the run met on its way",
    "surface.next.curvature": "for the kind of point in the middle",
    "surface.next.between": "for the loss between a small-batch and a large-batch training",
    "surface.next.sharper": "for the kind of point that the sharper end is",
}
