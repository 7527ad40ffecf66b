# TorchScript in the form that libtorch's module archive stores: every call qualified, one class without state.
# Scalar type codes: 6 is f32, 7 is f64. `like` is an empty tensor of the compute type.
class K(Module):
  __parameters__ = []
  __buffers__ = []

  # Calls that do not record run in libtorch's inference mode: what they create can never join a graph.

  # ---- the model: tensors only, because recorded calls take nothing else ----
  def embed(self: __torch__.K, ids: Tensor, w: Tensor) -> Tensor:
    return torch.to(torch.embedding(w, ids), 6)
  def rms_norm(self: __torch__.K, x: Tensor, w: Tensor, eps: Tensor) -> Tensor:
    # torch.rms_norm of this libtorch is not fused, and goes over x more often.
    f = torch.to(x, 6)
    n = torch.linalg_vector_norm(f, 2, [-1], True)
    r = torch.rsqrt(torch.add(torch.div(torch.mul(n, n), torch.size(x, -1)), float(eps)))
    return torch.mul(torch.mul(f, r), w)
  # Gains that are stored as their distance from one.
  def rms_norm_one(self: __torch__.K, x: Tensor, w: Tensor, eps: Tensor) -> Tensor:
    return (self).rms_norm(x, torch.add(w, 1), eps)
  def linear(self: __torch__.K, x: Tensor, w: Tensor, like: Tensor) -> Tensor:
    return torch.linear(torch.type_as(x, like), torch.type_as(w, like))
  def linear_bias(self: __torch__.K, x: Tensor, w: Tensor, b: Tensor, like: Tensor) -> Tensor:
    return torch.linear(torch.type_as(x, like), torch.type_as(w, like), torch.type_as(b, like))
  def add(self: __torch__.K, x: Tensor, y: Tensor) -> Tensor:
    return torch.add(x, y)
  def times(self: __torch__.K, x: Tensor, y: Tensor) -> Tensor:
    return torch.mul(x, y)
  def some_channels(self: __torch__.K, x: Tensor, start: Tensor, count: Tensor) -> Tensor:
    return torch.narrow(x, -1, int(start), int(count))
  def heads(self: __torch__.K, x: Tensor, width: Tensor) -> Tensor:
    d = torch.size(width, -1)
    return torch.reshape(x, [torch.size(x, 0), torch.size(x, 1), -1, d])
  def heads_first(self: __torch__.K, x: Tensor) -> Tensor:
    return torch.transpose(x, 1, 2)
  # `sin` carries the sign of the half that is turned: rotate_half(x) * sin without a negation.
  def rope(self: __torch__.K, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    f = torch.to(torch.transpose(x, 1, 2), 6)
    y1, y2, = torch.chunk(f, 2, -1)
    return torch.add_(torch.mul(f, cos), torch.mul(torch.cat([y2, y1], -1), sin))
  # The first channels of a head alone turn.
  def rope_first(self: __torch__.K, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    n = torch.size(cos, -1)
    rest = torch.sub(torch.size(x, -1), n)
    turned = (self).rope(torch.narrow(x, -1, 0, n), cos, sin)
    return torch.cat([turned, torch.to(torch.transpose(torch.narrow(x, -1, n, rest), 1, 2), 6)], -1)
  def attend(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    if torch.__or__(ops.prim.is_cuda(q), torch.gt(torch.size(q, 2), 1024)):
      o = (self).attend_fused(q, k, v)
    else:
      o = (self).attend_blocks(q, k, v, torch.size(q, 2))
    return o
  def attend_fused(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    # This libtorch has a fused kernel for equal numbers of heads alone; the copies are small.
    r = torch.floordiv(torch.size(q, 1), torch.size(v, 1))
    all = [torch.size(q, 0), torch.size(q, 1), torch.size(v, 2), torch.size(v, 3)]
    ks = torch.reshape(torch.expand(torch.unsqueeze(torch.type_as(k, v), 2), [-1, -1, r, -1, -1]), all)
    vs = torch.reshape(torch.expand(torch.unsqueeze(v, 2), [-1, -1, r, -1, -1]), all)
    o = torch.scaled_dot_product_attention(torch.type_as(q, v), ks, vs, None, 0., True, scale=None, enable_gqa=False)
    t = torch.transpose(o, 1, 2)
    return torch.reshape(t, [torch.size(t, 0), torch.size(t, 1), -1])
  # A query meets itself and the reach - 1 positions before it.
  def attend_window(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, reach: Tensor) -> Tensor:
    if ops.prim.is_cuda(q):
      o = (self).attend_masked(q, k, v, int(reach))
    else:
      o = (self).attend_blocks(q, k, v, int(reach))
    return o
  def attend_masked(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, reach: int) -> Tensor:
    r = torch.floordiv(torch.size(q, 1), torch.size(v, 1))
    s = torch.size(q, 2)
    all = [torch.size(q, 0), torch.size(q, 1), s, torch.size(v, 3)]
    ks = torch.reshape(torch.expand(torch.unsqueeze(torch.type_as(k, v), 2), [-1, -1, r, -1, -1]), all)
    vs = torch.reshape(torch.expand(torch.unsqueeze(v, 2), [-1, -1, r, -1, -1]), all)
    far = torch.full([s, s], float("-inf"), dtype=ops.prim.dtype(v), device=ops.prim.device(v))
    mask = torch.add(torch.triu(far, 1), torch.tril(far, torch.neg(reach)))
    o = torch.scaled_dot_product_attention(torch.type_as(q, v), ks, vs, mask, 0., False, scale=None, enable_gqa=False)
    t = torch.transpose(o, 1, 2)
    return torch.reshape(t, [torch.size(t, 0), torch.size(t, 1), -1])
  # On a processor, while a row's scores are small: a block of queries meets the keys up to its last alone, in products
  # large enough to be fast; the fused kernel's are not. All query heads of a group are one matrix.
  def attend_blocks(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, reach: int) -> Tensor:
    b = torch.size(q, 0)
    h = torch.size(q, 1)
    s = torch.size(q, 2)
    d = torch.size(q, 3)
    g = torch.size(v, 1)
    r = torch.floordiv(h, g)
    scale = torch.div(1., torch.sqrt(d))
    qs = torch.reshape(torch.type_as(torch.mul(q, scale), v), [b, g, r, s, d])
    ks = torch.reshape(torch.transpose(torch.type_as(k, v), 2, 3), [torch.mul(b, g), d, s])
    vs = torch.reshape(v, [torch.mul(b, g), s, d])
    blocks = annotate(List[Tensor], [])
    count = torch.floordiv(torch.add(s, 127), 128)
    for i in range(count):
      start = torch.mul(i, 128)
      n = ops.prim.min(128, torch.sub(s, start))
      end = torch.add(start, n)
      first = ops.prim.max(0, torch.sub(torch.add(start, 1), reach))
      met = torch.sub(end, first)
      far = torch.full([n, met], float("-inf"), dtype=ops.prim.dtype(v), device=ops.prim.device(v))
      later = torch.triu(far, torch.add(torch.sub(start, first), 1))
      if torch.lt(reach, end):
        hidden = torch.add_(later, torch.tril(far, torch.sub(torch.sub(start, first), reach)))
      else:
        hidden = later
      mask = torch.reshape(torch.expand(hidden, [r, n, met]), [torch.mul(r, n), met])
      rows = torch.reshape(torch.narrow(qs, 3, start, n), [torch.mul(b, g), torch.mul(r, n), d])
      p = torch.softmax(torch.add_(torch.bmm(rows, torch.narrow(ks, 2, first, met)), mask), -1)
      o = torch.view(torch.bmm(p, torch.narrow(vs, 1, first, met)), [b, h, n, d])
      _0 = torch.append(blocks, torch.transpose(o, 1, 2))
    return torch.reshape(torch.cat(blocks, 1), [b, s, torch.mul(h, d)])
  # Rows of several documents, which do not see each other: `firsts` [B, S] is where each position's document begins.
  def attend_divided(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, firsts: Tensor, reach: Tensor) -> Tensor:
    if ops.prim.is_cuda(q):
      o = (self).attend_within(q, k, v, firsts, int(reach))
    else:
      o = (self).attend_divided_blocks(q, k, v, firsts, int(reach))
    return o
  # In stretches of a row, [N, 5] on the host: row, start, length, whether it is one document, whether that outreaches
  # a window.
  def attend_stretches(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, firsts: Tensor, reach: Tensor, stretches: Tensor) -> Tensor:
    parts = annotate(List[Tensor], [])
    count = torch.size(stretches, 0)
    for i in range(count):
      stretch = torch.select(stretches, 0, i)
      row = int(torch.select(stretch, 0, 0))
      start = int(torch.select(stretch, 0, 1))
      n = int(torch.select(stretch, 0, 2))
      qs = torch.narrow(torch.narrow(q, 0, row, 1), 2, start, n)
      ks = torch.narrow(torch.narrow(k, 0, row, 1), 2, start, n)
      vs = torch.narrow(torch.narrow(v, 0, row, 1), 2, start, n)
      if torch.eq(int(torch.select(stretch, 0, 3)), 0):
        f = torch.sub(torch.narrow(torch.narrow(firsts, 0, row, 1), 1, start, n), start)
        o = (self).attend_divided(qs, ks, vs, f, reach)
      else:
        if torch.eq(int(torch.select(stretch, 0, 4)), 0):
          o = (self).attend_fused(qs, ks, vs)
        else:
          o = (self).attend_window(qs, ks, vs, reach)
      _0 = torch.append(parts, o)
    all = [torch.size(q, 0), torch.size(q, 2), -1]
    return torch.reshape(torch.cat(parts, 1), all)
  # 0 where queries [start, start + n) meet keys [first, first + met), minus infinity where they do not: [B, n, met].
  def within(self: __torch__.K, firsts: Tensor, start: int, n: int, first: int, met: int, reach: int, like: Tensor) -> Tensor:
    keys = torch.arange(first, torch.add(first, met), dtype=4, layout=None, device=ops.prim.device(like), pin_memory=None)
    own = torch.unsqueeze(torch.arange(start, torch.add(start, n), dtype=4, layout=None, device=ops.prim.device(like), pin_memory=None), -1)
    earlier = torch.clamp_min(torch.sub(own, torch.sub(reach, 1)), 0)
    lowest = torch.maximum(torch.unsqueeze(torch.narrow(firsts, 1, start, n), -1), earlier)
    hidden = torch.logical_or(torch.lt(keys, lowest), torch.gt(keys, own))
    nothing = torch.zeros([torch.size(firsts, 0), n, met], dtype=ops.prim.dtype(like), device=ops.prim.device(like))
    return torch.masked_fill(nothing, hidden, float("-inf"))
  def attend_within(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, firsts: Tensor, reach: int) -> Tensor:
    r = torch.floordiv(torch.size(q, 1), torch.size(v, 1))
    s = torch.size(q, 2)
    all = [torch.size(q, 0), torch.size(q, 1), s, torch.size(v, 3)]
    ks = torch.reshape(torch.expand(torch.unsqueeze(torch.type_as(k, v), 2), [-1, -1, r, -1, -1]), all)
    vs = torch.reshape(torch.expand(torch.unsqueeze(v, 2), [-1, -1, r, -1, -1]), all)
    mask = torch.unsqueeze((self).within(firsts, 0, s, 0, s, reach, v), 1)
    o = torch.scaled_dot_product_attention(torch.type_as(q, v), ks, vs, mask, 0., False, scale=None, enable_gqa=False)
    t = torch.transpose(o, 1, 2)
    return torch.reshape(t, [torch.size(t, 0), torch.size(t, 1), -1])
  # As attend_blocks; a block meets the keys from the beginning of its first queries' documents on.
  def attend_divided_blocks(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, firsts: Tensor, reach: int) -> Tensor:
    b = torch.size(q, 0)
    h = torch.size(q, 1)
    s = torch.size(q, 2)
    d = torch.size(q, 3)
    g = torch.size(v, 1)
    r = torch.floordiv(h, g)
    scale = torch.div(1., torch.sqrt(d))
    qs = torch.reshape(torch.type_as(torch.mul(q, scale), v), [b, g, r, s, d])
    ks = torch.reshape(torch.transpose(torch.type_as(k, v), 2, 3), [torch.mul(b, g), d, s])
    vs = torch.reshape(v, [torch.mul(b, g), s, d])
    blocks = annotate(List[Tensor], [])
    count = torch.floordiv(torch.add(s, 127), 128)
    for i in range(count):
      start = torch.mul(i, 128)
      n = ops.prim.min(128, torch.sub(s, start))
      lowest = int(torch.min(torch.select(firsts, 1, start)))
      first = ops.prim.max(lowest, torch.sub(torch.add(start, 1), reach))
      met = torch.sub(torch.add(start, n), first)
      mask = torch.reshape((self).within(firsts, start, n, first, met, reach, v), [b, 1, 1, n, met])
      rows = torch.reshape(torch.narrow(qs, 3, start, n), [torch.mul(b, g), torch.mul(r, n), d])
      scores = torch.reshape(torch.bmm(rows, torch.narrow(ks, 2, first, met)), [b, g, r, n, met])
      p = torch.reshape(torch.softmax(torch.add(scores, mask), -1), [torch.mul(b, g), torch.mul(r, n), met])
      o = torch.view(torch.bmm(p, torch.narrow(vs, 1, first, met)), [b, h, n, d])
      _0 = torch.append(blocks, torch.transpose(o, 1, 2))
    return torch.reshape(torch.cat(blocks, 1), [b, s, torch.mul(h, d)])
  # Rows of a table by the number of each position: [B, 1, S, C].
  def by_position(self: __torch__.K, table: Tensor, positions: Tensor) -> Tensor:
    return torch.unsqueeze(torch.embedding(table, positions), 1)
  # In place: the tensors are the largest of a layer.
  def silu_mul_(self: __torch__.K, gate: Tensor, up: Tensor) -> Tensor:
    return torch.mul_(torch.silu_(gate), up)
  def silu_mul(self: __torch__.K, gate: Tensor, up: Tensor) -> Tensor:
    return torch.mul(torch.silu(gate), up)
  def gelu_mul(self: __torch__.K, gate: Tensor, up: Tensor) -> Tensor:
    # This format knows the exact GELU alone.
    cube = torch.mul(torch.mul(torch.mul(gate, gate), gate), 0.044714999999999998)
    t = torch.tanh(torch.mul(torch.add(gate, cube), 0.79788456080286541))
    return torch.mul(torch.mul(torch.mul(gate, 0.5), torch.add(t, 1)), up)
  # A projection of queries with a gate beside each head, [B, S, H·2D].
  def queries(self: __torch__.K, x: Tensor, width: Tensor) -> Tensor:
    d = torch.size(width, -1)
    return torch.narrow(torch.reshape(x, [torch.size(x, 0), torch.size(x, 1), -1, torch.mul(d, 2)]), 3, 0, d)
  def gates(self: __torch__.K, x: Tensor, width: Tensor) -> Tensor:
    d = torch.size(width, -1)
    pairs = torch.reshape(x, [torch.size(x, 0), torch.size(x, 1), -1, torch.mul(d, 2)])
    return torch.reshape(torch.narrow(pairs, 3, d, d), [torch.size(x, 0), torch.size(x, 1), -1])
  def gated(self: __torch__.K, x: Tensor, gate: Tensor) -> Tensor:
    return torch.mul(x, torch.sigmoid(gate))

  # ---- gated DeltaNet ----
  # Each channel of x [B, S, C] sees itself and the kernel - 1 positions before it.
  def delta_convolution(self: __torch__.K, x: Tensor, w: Tensor) -> Tensor:
    t = torch.transpose(x, 1, 2)
    k = torch.sub(torch.size(w, -1), 1)
    before = torch.zeros([torch.size(x, 0), torch.size(x, 2), k], dtype=ops.prim.dtype(x), device=ops.prim.device(x))
    return (self).delta_convolved(torch.cat([before, t], -1), w)
  # Documents do not see each other: they are laid out with nothing between them, their positions at `places` of as many
  # as `extent` says.
  def delta_convolution_divided(self: __torch__.K, x: Tensor, w: Tensor, places: Tensor, extent: Tensor) -> Tensor:
    c = torch.size(x, 2)
    nothing = torch.zeros([int(extent), c], dtype=ops.prim.dtype(x), device=ops.prim.device(x))
    spaced = torch.index_copy(nothing, 0, places, torch.reshape(x, [-1, c]))
    y = torch.squeeze((self).delta_convolved(torch.unsqueeze(torch.t(spaced), 0), w), 0)
    k = torch.sub(torch.size(w, -1), 1)
    return torch.reshape(torch.index_select(y, 0, torch.sub(places, k)), torch.size(x))
  def delta_convolved(self: __torch__.K, x: Tensor, w: Tensor) -> Tensor:
    y = torch.conv1d(x, torch.type_as(w, x), None, [1], [0], [1], torch.size(x, 1))
    return torch.transpose(torch.silu(y), 1, 2)
  def delta_convolution_next(self: __torch__.K, x: Tensor, memory: Tensor, w: Tensor) -> Tensor:
    all = torch.cat([memory, torch.transpose(x, 1, 2)], -1)
    k = torch.size(memory, -1)
    _0 = torch.copy_(memory, torch.narrow(all, 2, torch.sub(torch.size(all, 2), k), k))
    return (self).delta_convolved(all, w)
  def delta_rule(self: __torch__.K, x: Tensor, b: Tensor, a: Tensor, log: Tensor, bias: Tensor, heads: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    shape = [torch.size(x, 0), torch.size(b, 2), torch.size(keys, -1), torch.size(values, -1)]
    state = torch.zeros(shape, dtype=6, device=ops.prim.device(x))
    o, s, = (self).delta_chunks(x, b, a, log, bias, state, int(heads), torch.empty([0, 0], dtype=4))
    return o
  def delta_rule_divided(self: __torch__.K, x: Tensor, b: Tensor, a: Tensor, log: Tensor, bias: Tensor, heads: Tensor, keys: Tensor, values: Tensor, firsts: Tensor) -> Tensor:
    shape = [torch.size(x, 0), torch.size(b, 2), torch.size(keys, -1), torch.size(values, -1)]
    state = torch.zeros(shape, dtype=6, device=ops.prim.device(x))
    o, s, = (self).delta_chunks(x, b, a, log, bias, state, int(heads), firsts)
    return o
  def delta_rule_next(self: __torch__.K, x: Tensor, b: Tensor, a: Tensor, log: Tensor, bias: Tensor, memory: Tensor, heads: int) -> Tensor:
    o, s, = (self).delta_chunks(x, b, a, log, bias, memory, heads, torch.empty([0, 0], dtype=4))
    _0 = torch.copy_(memory, s)
    return o
  # Queries or keys [B, S, heads·D], of length one, repeated for the heads of values: [B, H, S, D].
  def delta_unit(self: __torch__.K, x: Tensor, heads: int, repeats: int) -> Tensor:
    f = torch.reshape(torch.to(x, 6), [torch.size(x, 0), torch.size(x, 1), heads, 1, -1])
    u = torch.mul(f, torch.rsqrt(torch.add(torch.sum(torch.mul(f, f), [-1], True), 9.9999999999999995e-07)))
    all = torch.expand(u, [-1, -1, -1, repeats, -1])
    return torch.transpose(torch.reshape(all, [torch.size(x, 0), torch.size(x, 1), torch.mul(heads, repeats), -1]), 1, 2)
  # The gated delta rule, 64 positions at a time: within a chunk the corrections are one triangular system. Where `firsts`
  # [B, S] is not empty, it tells where each position's document begins: the state ends there.
  def delta_chunks(self: __torch__.K, x: Tensor, b: Tensor, a: Tensor, log: Tensor, bias: Tensor, state: Tensor, heads: int, firsts: Tensor) -> Tuple[Tensor, Tensor]:
    h = torch.size(state, 1)
    dk = torch.size(state, 2)
    dv = torch.size(state, 3)
    s = torch.size(x, 1)
    kd = torch.mul(heads, dk)
    repeats = torch.floordiv(h, heads)
    scale = torch.div(1., torch.sqrt(dk))
    q = torch.mul((self).delta_unit(torch.narrow(x, 2, 0, kd), heads, repeats), scale)
    k = (self).delta_unit(torch.narrow(x, 2, kd, kd), heads, repeats)
    v = torch.transpose(torch.reshape(torch.to(torch.narrow(x, 2, torch.mul(kd, 2), torch.mul(h, dv)), 6), [torch.size(x, 0), s, h, dv]), 1, 2)
    beta = torch.unsqueeze(torch.transpose(torch.to(torch.sigmoid(b), 6), 1, 2), -1)
    g = torch.neg(torch.mul(torch.exp(torch.to(log, 6)), torch.softplus(torch.add(torch.to(a, 6), bias))))
    decay = torch.transpose(g, 1, 2)
    kb = torch.mul(k, beta)
    vb = torch.mul(v, beta)
    parts = annotate(List[Tensor], [])
    last = state
    count = torch.floordiv(torch.add(s, 63), 64)
    for i in range(count):
      start = torch.mul(i, 64)
      n = ops.prim.min(64, torch.sub(s, start))
      cum = torch.cumsum(torch.narrow(decay, 2, start, n), -1)
      end = torch.narrow(cum, 2, torch.sub(n, 1), 1)
      if torch.eq(torch.numel(firsts), 0):
        grown = torch.unsqueeze(torch.exp(cum), -1)
        left = torch.unsqueeze(torch.exp(torch.sub(end, cum)), -1)
        later = torch.triu(torch.full([n, n], float("-inf"), dtype=6, device=ops.prim.device(x)), 1)
      else:
        f = torch.unsqueeze(torch.narrow(firsts, 1, start, n), 1)
        own = torch.arange(start, torch.add(start, n), dtype=4, layout=None, device=ops.prim.device(x), pin_memory=None)
        grown = torch.unsqueeze(torch.mul(torch.exp(cum), torch.to(torch.lt(f, start), 6)), -1)
        last_of = torch.narrow(f, 2, torch.sub(n, 1), 1)
        left = torch.unsqueeze(torch.mul(torch.exp(torch.sub(end, cum)), torch.to(torch.ge(own, last_of), 6)), -1)
        later = torch.unsqueeze((self).within(firsts, start, n, start, n, torch.add(n, 1), cum), 1)
      pairs = torch.exp(torch.add(torch.sub(torch.unsqueeze(cum, -1), torch.unsqueeze(cum, -2)), later))
      kc = torch.narrow(k, 2, start, n)
      kbc = torch.narrow(kb, 2, start, n)
      qc = torch.narrow(q, 2, start, n)
      kt = torch.transpose(kc, -1, -2)
      system = torch.mul(torch.matmul(kbc, kt), pairs)
      within = torch.mul(torch.matmul(qc, kt), pairs)
      fresh = torch.linalg_solve_triangular(system, torch.narrow(vb, 2, start, n), upper=False, left=True, unitriangular=True)
      seen = torch.linalg_solve_triangular(system, torch.mul(kbc, grown), upper=False, left=True, unitriangular=True)
      new = torch.sub(fresh, torch.matmul(seen, last))
      o = torch.add(torch.matmul(torch.mul(qc, grown), last), torch.matmul(within, new))
      _0 = torch.append(parts, o)
      kept = torch.narrow(grown, 2, torch.sub(n, 1), 1)
      last = torch.add(torch.mul(last, kept), torch.matmul(torch.transpose(torch.mul(kc, left), -1, -2), new))
    all = torch.transpose(torch.cat(parts, 2), 1, 2)
    return (torch.type_as(all, x), last)
  # Each head of x [B, S, H, D] normed, times its gate: [B, S, H·D].
  def delta_gate(self: __torch__.K, x: Tensor, gate: Tensor, w: Tensor, eps: Tensor) -> Tensor:
    n = torch.reshape(torch.type_as((self).rms_norm(x, w, eps), gate), torch.size(gate))
    return torch.type_as(torch.mul(torch.to(n, 6), torch.silu(torch.to(gate, 6))), gate)

  # ---- experts ----
  # Weights of all experts for every position, [N, E] in f32: those of the likeliest, and 0.
  def route(self: __torch__.K, x: Tensor, w: Tensor, like: Tensor, count: Tensor, normalised: Tensor) -> Tensor:
    z = torch.linear(torch.type_as(x, like), torch.type_as(w, like))
    p = torch.softmax(z, -1, dtype=6)
    v, i, = torch.topk(p, int(count), -1, True, True)
    if torch.ne(int(normalised), 0):
      r = torch.div(v, torch.sum(v, [-1], True))
    else:
      r = v
    return torch.scatter(torch.zeros_like(p), 1, i, r)
  def zeros_of(self: __torch__.K, x: Tensor) -> Tensor:
    return torch.zeros_like(x, dtype=6)
  def reshape_as(self: __torch__.K, x: Tensor, y: Tensor) -> Tensor:
    return torch.reshape(x, torch.size(y))
  # What one expert gives, added to `sum` [N, C] where the router has sent a position to it.
  def expert(self: __torch__.K, sum: Tensor, x: Tensor, weights: Tensor, number: Tensor, gate: Tensor, up: Tensor, down: Tensor, like: Tensor) -> Tensor:
    c = torch.select(weights, 1, int(number))
    rows = torch.squeeze(torch.nonzero(c), 1)
    o = (self).expert_output(torch.index_select(x, 0, rows), gate, up, down, like)
    weighted = torch.mul(torch.to(o, 6), torch.unsqueeze(torch.index_select(c, 0, rows), -1))
    return torch.index_add_(sum, 0, rows, weighted)
  def expert_output(self: __torch__.K, x: Tensor, gate: Tensor, up: Tensor, down: Tensor, like: Tensor) -> Tensor:
    a = torch.mul(torch.silu(torch.linear(x, torch.type_as(gate, like))), torch.linear(x, torch.type_as(up, like)))
    return torch.linear(a, torch.type_as(down, like))
  # Whether a position goes to an expert, the norm of what it gives, and that times its weight; roots, into seen [N, 3E].
  def expert_seen(self: __torch__.K, seen: Tensor, x: Tensor, weights: Tensor, number: int, gate: Tensor, up: Tensor, down: Tensor, like: Tensor) -> Tensor:
    e = torch.size(weights, 1)
    c = torch.select(weights, 1, number)
    o = (self).expert_output(x, gate, up, down, like)
    goes = torch.to(torch.gt(c, 0), 6)
    n = torch.mul(torch.linalg_vector_norm(torch.to(o, 6), 2, [-1]), goes)
    _0 = torch.copy_(torch.select(seen, 1, number), goes)
    _1 = torch.copy_(torch.select(seen, 1, torch.add(e, number)), torch.sqrt(n))
    return torch.copy_(torch.select(seen, 1, torch.add(torch.mul(e, 2), number)), torch.sqrt(torch.mul(n, c)))

  # Once for all products of x.
  def operand(self: __torch__.K, x: Tensor, like: Tensor) -> Tensor:
    return torch.type_as(x, like)

  # ---- memory ----
  def empty(self: __torch__.K, like: Tensor, shape: List[int], dtype: int) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=ops.prim.device(like))
  def zeros(self: __torch__.K, like: Tensor, shape: List[int], dtype: int) -> Tensor:
    return torch.zeros(shape, dtype=dtype, device=ops.prim.device(like))
  def normal(self: __torch__.K, like: Tensor, shape: List[int], dtype: int, deviation: float) -> Tensor:
    return torch.to(torch.mul(torch.randn(shape, dtype=6, device=ops.prim.device(like)), deviation), dtype)
  def first(self: __torch__.K, x: Tensor) -> Tensor:
    return torch.to(torch.select(torch.reshape(x, [-1]), 0, 0), 6)
  def to(self: __torch__.K, x: Tensor, dtype: int) -> Tensor:
    return torch.contiguous(torch.to(x, dtype))
  def to_device(self: __torch__.K, x: Tensor, like: Tensor, dtype: int) -> Tensor:
    return torch.contiguous(torch.to(x, device=ops.prim.device(like), dtype=dtype))
  def pieces(self: __torch__.K, x: Tensor, start: int, count: int) -> Tensor:
    return torch.narrow(torch.view(x, [-1]), 0, start, count)
  def flatten(self: __torch__.K, x: Tensor) -> Tensor:
    return torch.reshape(x, [-1, torch.size(x, -1)])
  def leaf(self: __torch__.K, owner: Tensor, x: Tensor) -> Tensor:
    return torch.detach(x)
  def copy(self: __torch__.K, into: Tensor, x: Tensor) -> Tensor:
    return torch.copy_(into, x)

  # ---- logit losses of a chunk of tokens, from log-probabilities of the student, lq, and of the teacher, lp: [n, V] ----
  # Each gives the loss of every token [n] and its gradient by the student's (tempered) logits [n, V].
  # With q = softmax(z): dl/dz = q (g - sum q g), where g = dl/dq.
  def logits(self: __torch__.K, hs: Tensor, ws: Tensor, start: int, count: int) -> Tensor:
    return torch.linear(torch.type_as(torch.narrow(hs, 0, start, count), ws), ws)
  def log_probabilities(self: __torch__.K, z: Tensor, start: int, count: int, inverse_temperature: float) -> Tensor:
    f = torch.to(torch.narrow(z, 0, start, count), 6)
    if torch.eq(inverse_temperature, 1.):
      l = torch.log_softmax(f, -1)
    else:
      l = torch.log_softmax(torch.mul(f, inverse_temperature), -1)
    return l
  def forward_kl(self: __torch__.K, lq: Tensor, lp: Tensor) -> Tuple[Tensor, Tensor]:
    p = torch.exp(lp)
    return (torch.sum(torch.mul_(torch.sub(lp, lq), p), [-1]), torch.sub_(torch.exp(lq), p))
  def reverse_kl(self: __torch__.K, lq: Tensor, lp: Tensor) -> Tuple[Tensor, Tensor]:
    q = torch.exp(lq)
    r = torch.sub(lq, lp)
    l = torch.sum(torch.mul(q, r), [-1], True)
    return (torch.squeeze(l, -1), torch.mul_(torch.sub_(r, l), q))
  # m = beta p + (1 - beta) q; beta KL(p || m) + (1 - beta) KL(q || m), 0 < beta < 1
  def jensen_shannon(self: __torch__.K, lq: Tensor, lp: Tensor, beta: float, log_beta: float, log_rest: float) -> Tuple[Tensor, Tensor]:
    lm = torch.logaddexp(torch.add(lp, log_beta), torch.add(lq, log_rest))
    q = torch.exp(lq)
    qm = torch.sub(lq, lm)
    back = torch.sum(torch.mul(q, qm), [-1], True)
    forth = torch.sum(torch.mul(torch.exp(lp), torch.sub(lp, lm)), [-1])
    rest = torch.sub(1., beta)
    l = torch.add(torch.mul(forth, beta), torch.mul(torch.squeeze(back, -1), rest))
    return (l, torch.mul_(torch.mul_(torch.sub_(qm, back), q), rest))
  # KL(p || lam p + (1 - lam) q)
  def skew_forward_kl(self: __torch__.K, lq: Tensor, lp: Tensor, lam: float, log_lam: float, log_rest: float) -> Tuple[Tensor, Tensor]:
    lm = torch.logaddexp(torch.add(lp, log_lam), torch.add(lq, log_rest))
    pm = torch.sub(lp, lm)
    l = torch.sum(torch.mul(torch.exp(lp), pm), [-1])
    q = torch.exp(lq)
    g = torch.mul_(torch.exp_(pm), torch.sub(lam, 1.))
    return (l, torch.mul_(torch.sub_(g, torch.sum(torch.mul(q, g), [-1], True)), q))
  # KL(q || (1 - lam) p + lam q)
  def skew_reverse_kl(self: __torch__.K, lq: Tensor, lp: Tensor, lam: float, log_lam: float, log_rest: float) -> Tuple[Tensor, Tensor]:
    lm = torch.logaddexp(torch.add(lp, log_rest), torch.add(lq, log_lam))
    q = torch.exp(lq)
    qm = torch.sub(lq, lm)
    l = torch.sum(torch.mul(q, qm), [-1])
    g = torch.sub(qm, torch.mul(torch.exp(qm), lam))
    return (l, torch.mul_(torch.sub_(g, torch.sum(torch.mul(q, g), [-1], True)), q))
  # The teacher's k likeliest tokens, and all others as one bucket.
  def top_k_tail(self: __torch__.K, lq: Tensor, lp: Tensor, k: int) -> Tuple[Tensor, Tensor]:
    v, i, = torch.topk(lp, k, -1, True, True)
    pk = torch.exp(v)
    lqk = torch.gather(lq, 1, i)
    pr = torch.sum(torch.scatter_(torch.exp(lp), 1, i, 0.), [-1], True)
    q = torch.scatter_(torch.exp(lq), 1, i, 0.)
    qr = torch.clamp_min_(torch.sum(q, [-1], True), 1.0000000000000001e-30)
    tail = torch.mul(pr, torch.sub(torch.log(torch.clamp_min(pr, 1.0000000000000001e-30)), torch.log(qr)))
    l = torch.add(torch.sum(torch.mul(pk, torch.sub(v, lqk)), [-1]), torch.squeeze(tail, -1))
    rest = torch.mul_(q, torch.sub(torch.ones_like(pr), torch.div(pr, qr)))
    return (l, torch.scatter_(rest, 1, i, torch.sub(torch.exp(lqk), pk)))
  # Both renormalised over the teacher's k likeliest tokens.
  def top_k_both(self: __torch__.K, lq: Tensor, lp: Tensor, k: int) -> Tuple[Tensor, Tensor]:
    v, i, = torch.topk(lp, k, -1, True, True)
    lpk = torch.log_softmax(v, -1)
    lqk = torch.log_softmax(torch.gather(lq, 1, i), -1)
    pk = torch.exp(lpk)
    l = torch.sum(torch.mul(pk, torch.sub(lpk, lqk)), [-1])
    return (l, torch.scatter_(torch.zeros_like(lq), 1, i, torch.sub(torch.exp(lqk), pk)))
  # The teacher alone renormalised over them.
  def top_k_teacher(self: __torch__.K, lq: Tensor, lp: Tensor, k: int) -> Tuple[Tensor, Tensor]:
    v, i, = torch.topk(lp, k, -1, True, True)
    lpk = torch.log_softmax(v, -1)
    pk = torch.exp(lpk)
    l = torch.sum(torch.mul(pk, torch.sub(lpk, torch.gather(lq, 1, i))), [-1])
    return (l, torch.scatter_add_(torch.exp(lq), 1, i, torch.neg(pk)))
  def total_variation(self: __torch__.K, lq: Tensor, lp: Tensor) -> Tuple[Tensor, Tensor]:
    q = torch.exp(lq)
    d = torch.sub(q, torch.exp(lp))
    g = torch.mul(torch.sign(d), 0.5)
    l = torch.mul(torch.sum(torch.abs(d), [-1]), 0.5)
    return (l, torch.mul_(torch.sub_(g, torch.sum(torch.mul(q, g), [-1], True)), q))
  def cross_entropy(self: __torch__.K, lq: Tensor, targets: Tensor, start: int, count: int) -> Tuple[Tensor, Tensor]:
    t = torch.unsqueeze(torch.narrow(targets, 0, start, count), -1)
    one = torch.neg(torch.ones_like(t, dtype=6))
    return (torch.neg(torch.squeeze(torch.gather(lq, 1, t), -1)), torch.scatter_add_(torch.exp(lq), 1, t, one))
  # Adds the loss of tokens that count, times `value`, to sums[part] (f64); scales the gradient by mask and `slope`.
  def weigh(self: __torch__.K, l: Tensor, dz: Tensor, mask: Tensor, start: int, count: int, value: float, slope: float, sums: Tensor, part: int) -> Tensor:
    m = torch.narrow(mask, 0, start, count)
    _0 = torch.add_(torch.select(sums, 0, part), torch.mul(torch.sum(torch.mul(l, m), dtype=7), value))
    return torch.mul_(dz, torch.unsqueeze(torch.mul(m, slope), -1))
  # Adds the KL [n] of tokens that count, and what the teacher's log-probabilities make of the targets, to sums (f64, [2]).
  def observe(self: __torch__.K, kl: Tensor, lp: Tensor, targets: Tensor, mask: Tensor, start: int, count: int, sums: Tensor) -> Tensor:
    t = torch.unsqueeze(torch.narrow(targets, 0, start, count), -1)
    m = torch.narrow(mask, 0, start, count)
    teacher = torch.neg(torch.squeeze(torch.gather(lp, 1, t), -1))
    return torch.add_(sums, torch.stack([torch.sum(torch.mul(kl, m), dtype=7), torch.sum(torch.mul(teacher, m), dtype=7)]))
  def put_rows(self: __torch__.K, z: Tensor, dz: Tensor, start: int, count: int) -> Tensor:
    return torch.copy_(torch.narrow(z, 0, start, count), dz)
  def hidden_gradient(self: __torch__.K, dz: Tensor, ws: Tensor, dh: Tensor, start: int, count: int) -> Tensor:
    return torch.copy_(torch.narrow(dh, 0, start, count), torch.mm(dz, ws))
  # On a processor one f32 product that adds in place beats a faster bf16 one and the pass that adds it.
  def head_gradient(self: __torch__.K, dz: Tensor, hs: Tensor, dw: Tensor, start: int, count: int) -> Tensor:
    h = torch.narrow(hs, 0, start, count)
    if ops.prim.is_cuda(dw):
      _0 = torch.add_(dw, torch.mm(torch.t(dz), torch.type_as(h, dz)))
    else:
      _0 = torch.addmm_(dw, torch.t(torch.to(dz, 6)), torch.to(h, 6))
    return dw
  def first_rows(self: __torch__.K, w: Tensor, count: int) -> Tensor:
    return torch.narrow(w, 0, 0, count)

  # ---- feature losses: recorded; x of the student [B, S, C], t of the teacher [N, C]; sums over tokens that count ----
  # What a kernel made outside a recording cannot be saved for a backward pass: it is cloned.
  def feature_mse(self: __torch__.K, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
    d = torch.sub(torch.reshape(torch.to(x, 6), [-1, torch.size(x, -1)]), torch.to(t, 6))
    return torch.sum(torch.mul(torch.mean(torch.mul(d, d), [-1]), mask))
  # Divided by the teacher's own mean square over the tokens that count.
  def feature_mse_normalised(self: __torch__.K, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
    g = torch.clone(torch.to(t, 6))
    d = torch.sub(torch.reshape(torch.to(x, 6), [-1, torch.size(x, -1)]), g)
    s = torch.sum(torch.mul(torch.mean(torch.mul(d, d), [-1]), mask))
    energy = torch.sum(torch.mul(torch.mean(torch.mul(g, g), [-1]), mask))
    scale = torch.div(torch.sum(mask), torch.clamp_min(energy, 1.0000000000000001e-30))
    return torch.mul(s, scale)
  def feature_cosine(self: __torch__.K, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
    f = torch.reshape(torch.to(x, 6), [-1, torch.size(x, -1)])
    g = torch.clone(torch.to(t, 6))
    ff = torch.add(torch.sum(torch.mul(f, f), [-1]), 9.9999999999999998e-13)
    gg = torch.add(torch.sum(torch.mul(g, g), [-1]), 9.9999999999999998e-13)
    cos = torch.div(torch.sum(torch.mul(f, g), [-1]), torch.sqrt(torch.mul(ff, gg)))
    return torch.sum(torch.mul(torch.sub(torch.ones_like(cos), cos), mask))
  # Relations of attention outputs: every position to itself and those before it.
  def log_relation(self: __torch__.K, x: Tensor, heads: int, hidden: Tensor) -> Tensor:
    h = torch.transpose(torch.view(x, [torch.size(x, 0), torch.size(x, 1), heads, -1]), 1, 2)
    scale = torch.div(1., torch.sqrt(torch.size(h, 3)))
    return torch.log_softmax(torch.add(torch.mul(torch.matmul(h, torch.transpose(h, 2, 3)), scale), hidden), -1)
  def feature_relation(self: __torch__.K, x: Tensor, t: Tensor, mask: Tensor, heads: Tensor) -> Tensor:
    s = torch.size(x, 1)
    later = torch.triu(torch.full([s, s], -1.0000000000000000e+30, dtype=6, device=ops.prim.device(x)), 1)
    return (self).feature_relations(x, t, mask, heads, later)
  # Documents do not see each other.
  def feature_relation_divided(self: __torch__.K, x: Tensor, t: Tensor, mask: Tensor, heads: Tensor, firsts: Tensor) -> Tensor:
    s = torch.size(x, 1)
    seen = torch.ge((self).within(firsts, 0, s, 0, s, torch.add(s, 1), mask), 0)
    far = torch.full([torch.size(x, 0), s, s], -1.0000000000000000e+30, dtype=6, device=ops.prim.device(x))
    return (self).feature_relations(x, t, mask, heads, torch.unsqueeze(torch.masked_fill(far, seen, 0), 1))
  def feature_relations(self: __torch__.K, x: Tensor, t: Tensor, mask: Tensor, heads: Tensor, hidden: Tensor) -> Tensor:
    r = int(heads)
    lq = (self).log_relation(torch.contiguous(torch.to(x, 6)), r, hidden)
    teacher = torch.view(torch.clone(torch.to(t, 6)), [torch.size(x, 0), torch.size(x, 1), -1])
    lp = (self).log_relation(teacher, r, hidden)
    kl = torch.sum(torch.mul(torch.exp(lp), torch.sub(lp, lq)), [-1])
    return torch.sum(torch.mul(torch.reshape(torch.mean(kl, [1]), [-1]), mask))
  def project(self: __torch__.K, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return torch.linear(torch.to(x, 6), w, b)
  def weighted(self: __torch__.K, x: Tensor, factor: Tensor) -> Tensor:
    return torch.mul(x, float(factor))
  # As large as the other losses together, whose sums are constants here.
  def balanced(self: __torch__.K, f: Tensor, sums: Tensor) -> Tensor:
    others = torch.clone(torch.to(torch.sum(sums), 6))
    return torch.mul(f, torch.div(others, torch.clamp_min(torch.detach(f), 1.0000000000000001e-30)))
  # A number whose gradient by `hidden` is `gradient`, and by all else that of f.
  def anchor(self: __torch__.K, hidden: Tensor, gradient: Tensor, f: Tensor) -> Tensor:
    h = torch.reshape(hidden, [-1, torch.size(hidden, -1)])
    return torch.add(torch.sum(torch.mul(h, torch.clone(gradient))), f)
  def channels(self: __torch__.K, x: Tensor, kept: Tensor) -> Tensor:
    return torch.index_select(x, 1, kept)

  # ---- evaluation of tokens [start, start + count), added to `sums` at the row of each (f64, [6, rows]: loss, kl, teacher loss,
  # agreements, entropy, teacher entropy) ----
  def token_loss(self: __torch__.K, hs: Tensor, ws: Tensor, targets: Tensor, start: int, count: int) -> Tensor:
    h = torch.type_as(torch.narrow(hs, 0, start, count), ws)
    lq = torch.log_softmax(torch.to(torch.linear(h, ws), 6), -1)
    t = torch.unsqueeze(torch.narrow(targets, 0, start, count), -1)
    return torch.neg(torch.squeeze(torch.gather(lq, 1, t), -1))
  def add_loss(self: __torch__.K, hs: Tensor, ws: Tensor, targets: Tensor, mask: Tensor, rows: Tensor, sums: Tensor, start: int, count: int) -> Tensor:
    h = torch.type_as(torch.narrow(hs, 0, start, count), ws)
    lq = torch.log_softmax(torch.to(torch.linear(h, ws), 6), -1)
    t = torch.unsqueeze(torch.narrow(targets, 0, start, count), -1)
    loss = torch.neg(torch.mul(torch.squeeze(torch.gather(lq, 1, t), -1), torch.narrow(mask, 0, start, count)))
    return torch.index_add_(torch.select(sums, 0, 0), 0, torch.narrow(rows, 0, start, count), torch.to(loss, 7))
  def compare(self: __torch__.K, hs: Tensor, ws: Tensor, ht: Tensor, wt: Tensor, targets: Tensor, mask: Tensor, rows: Tensor, sums: Tensor, start: int, count: int) -> Tensor:
    lq = torch.log_softmax(torch.to(torch.linear(torch.type_as(torch.narrow(hs, 0, start, count), ws), ws), 6), -1)
    lp = torch.log_softmax(torch.to(torch.linear(torch.type_as(torch.narrow(ht, 0, start, count), wt), wt), 6), -1)
    t = torch.unsqueeze(torch.narrow(targets, 0, start, count), -1)
    p = torch.exp(lp)
    loss = torch.neg(torch.squeeze(torch.gather(lq, 1, t), -1))
    teacher = torch.neg(torch.squeeze(torch.gather(lp, 1, t), -1))
    agree = torch.to(torch.eq(torch.argmax(lq, -1), torch.argmax(lp, -1)), 6)
    kl = torch.sum(torch.mul(p, torch.sub(lp, lq)), [-1])
    entropy = torch.neg(torch.sum(torch.mul(torch.exp(lq), lq), [-1]))
    teacher_entropy = torch.neg(torch.sum(torch.mul(p, lp), [-1]))
    each = torch.mul(torch.stack([loss, kl, teacher, agree, entropy, teacher_entropy]), torch.narrow(mask, 0, start, count))
    return torch.index_add_(sums, 1, torch.narrow(rows, 0, start, count), torch.to(each, 7))


  # ---- the optimiser ----
  def norms(self: __torch__.K, g: List[Tensor]) -> Tensor:
    return torch.stack(torch._foreach_norm(g, 2))
  def scale(self: __torch__.K, g: List[Tensor], factor: float) -> Tensor:
    torch._foreach_mul_(g, factor)
    return torch.select(torch.view(g[0], [-1]), 0, 0)
  def accumulate(self: __torch__.K, sum: Tensor, g: Tensor) -> Tensor:
    return torch.add_(sum, g)
  def adamw(self: __torch__.K, p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor], lr: float, beta1: float, beta2: float, weight_decay: float, eps: float) -> Tensor:
    torch._foreach_add_(steps, 1)
    torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False, grad_scale=None, found_inf=None)
    return steps[0]

  # ---- importance (f64 sums of f32 values) ----
  def masked(self: __torch__.K, x: Tensor, positions: Tensor) -> Tensor:
    return torch.mul(torch.to(x, 6), torch.unsqueeze(positions, -1))
  def channel_sums(self: __torch__.K, sums: Tensor, x: Tensor, counts: Tensor) -> Tensor:
    a = torch.abs(torch.to(x, 6))
    mean = torch.div(torch.to(torch.sum(a, [1]), 7), counts)
    l2 = torch.to(torch.linalg_vector_norm(a, 2, [1]), 7)
    m = torch.stack([mean, l2, torch.to(torch.amax(a, [1]), 7)])
    return torch.add_(sums, torch.cat([torch.sum(m, [1]), torch.sum(torch.mul(m, m), [1])]))
  def unit(self: __torch__.K, x: Tensor) -> Tensor:
    n = torch.clamp_min(torch.linalg_vector_norm(x, 2, [-1], True), 9.9999999999999995e-09)
    return torch.div(x, n)
  def dot_sum(self: __torch__.K, sums: Tensor, x: Tensor, y: Tensor, positions: Tensor) -> Tensor:
    return torch.add_(sums, torch.sum(torch.mul(torch.sum(torch.mul(x, y), [-1]), positions), dtype=7))
  def add_gram(self: __torch__.K, gram: Tensor, x: Tensor) -> Tensor:
    rows = torch.reshape(torch.to(x, 6), [-1, torch.size(x, -1)])
    return torch.add_(gram, torch.mm(torch.t(rows), rows))
  # W[:, kept] plus the least-squares answer to what the dropped columns gave, damped by `ridge` times the mean energy.
  def refit(self: __torch__.K, w: Tensor, gram: Tensor, kept: Tensor, dropped: Tensor, ridge: float) -> Tensor:
    g = torch.to(gram, 7)
    w8 = torch.to(w, 7)
    rows = torch.index_select(g, 0, kept)
    square = torch.index_select(rows, 1, kept)
    energy = torch.mean(torch.diagonal(square))
    eye = torch.diag(torch.mul(torch.ones_like(torch.diagonal(square)), torch.add(torch.mul(energy, ridge), 1.0000000000000001e-30)))
    right = torch.mm(torch.index_select(rows, 1, dropped), torch.t(torch.index_select(w8, 1, dropped)))
    change = torch.cholesky_solve(right, torch.linalg_cholesky(torch.add(square, eye)))
    return torch.to(torch.add(torch.index_select(w8, 1, kept), torch.t(change)), 6)

  # ---- decoding ----
  def cache_put(self: __torch__.K, cache: Tensor, x: Tensor, position: int) -> Tensor:
    n = torch.size(x, 2)
    _0 = torch.copy_(torch.narrow(cache, 2, position, n), x)
    return torch.narrow(cache, 2, 0, torch.add(position, n))
  def attend_cached(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, seen: int) -> Tensor:
    first = torch.sub(torch.size(k, 2), seen)
    ks = torch.narrow(k, 2, first, seen)
    vs = torch.narrow(v, 2, first, seen)
    o = torch.scaled_dot_product_attention(torch.type_as(q, v), ks, vs, None, 0., False, scale=None, enable_gqa=True)
    t = torch.transpose(o, 1, 2)
    return torch.reshape(t, [torch.size(t, 0), torch.size(t, 1), -1])
  # Several positions behind a prompt: each meets those before it in the pass and in the cache.
  def attend_after(self: __torch__.K, q: Tensor, k: Tensor, v: Tensor, reach: int) -> Tensor:
    n = torch.size(q, 2)
    before = torch.sub(torch.size(k, 2), n)
    far = torch.full([n, torch.size(k, 2)], float("-inf"), dtype=ops.prim.dtype(v), device=ops.prim.device(v))
    mask = torch.add(torch.triu(far, torch.add(before, 1)), torch.tril(far, torch.sub(before, reach)))
    o = torch.scaled_dot_product_attention(torch.type_as(q, v), k, v, mask, 0., False, scale=None, enable_gqa=True)
    t = torch.transpose(o, 1, 2)
    return torch.reshape(t, [torch.size(t, 0), torch.size(t, 1), -1])
  # Rows of one cache to another.
  def cache_take(self: __torch__.K, to: Tensor, from_: Tensor, rows: Tensor, length: int) -> Tensor:
    return torch.copy_(torch.narrow(to, 2, 0, length), torch.index_select(torch.narrow(from_, 2, 0, length), 0, rows))
  def memory_take(self: __torch__.K, to: Tensor, from_: Tensor, rows: Tensor) -> Tensor:
    return torch.copy_(to, torch.index_select(from_, 0, rows))
  def take_rows(self: __torch__.K, x: Tensor, rows: Tensor) -> Tensor:
    return torch.index_select(x, 0, rows)
  def last_logits(self: __torch__.K, h: Tensor, w: Tensor) -> Tensor:
    last = torch.select(h, 1, -1)
    return torch.to(torch.linear(torch.type_as(last, w), w), 6)
