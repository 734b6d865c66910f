/**
 * The operators Gantry uses, by schema name. Add a line and run `npm run codegen`.
 *
 * An operator whose first argument is `self` becomes a method of Tensor, any other a function of `torch`. The name is
 * the schema's in camelCase; a line may give another after a space. Two lines with one name must differ only in one
 * argument that is a Tensor in the first and a number in the second.
 */
export const operators = `
aten::add.Tensor
aten::add.Scalar
aten::sub.Tensor
aten::sub.Scalar
aten::rsub.Scalar
aten::mul.Tensor
aten::mul.Scalar
aten::div.Tensor
aten::div.Scalar
aten::add_.Tensor
aten::add_.Scalar
aten::sub_.Tensor
aten::sub_.Scalar
aten::mul_.Tensor
aten::mul_.Scalar
aten::div_.Tensor
aten::div_.Scalar
aten::pow.Tensor_Tensor
aten::pow.Tensor_Scalar
aten::addcmul
aten::addcdiv
aten::addcmul_
aten::addcdiv_
aten::lerp.Tensor
aten::lerp.Scalar
aten::lerp_.Scalar
aten::remainder.Tensor
aten::remainder.Scalar
aten::floor_divide
aten::neg
aten::abs
aten::sign
aten::exp
aten::expm1
aten::log
aten::log1p
aten::sqrt
aten::rsqrt
aten::reciprocal
aten::square
aten::sin
aten::cos
aten::tanh
aten::sigmoid
aten::relu
aten::relu_
aten::leaky_relu
aten::leaky_relu_
aten::elu
aten::gelu
aten::silu
aten::softplus
aten::log_sigmoid
aten::hardtanh
aten::floor
aten::ceil
aten::round
aten::isnan
aten::isfinite
aten::clamp
aten::clamp_
aten::clamp_min
aten::clamp_max
aten::maximum
aten::minimum
aten::eq.Tensor
aten::eq.Scalar
aten::ne.Tensor
aten::ne.Scalar
aten::lt.Tensor
aten::lt.Scalar
aten::le.Tensor
aten::le.Scalar
aten::gt.Tensor
aten::gt.Scalar
aten::ge.Tensor
aten::ge.Scalar
aten::logical_not
aten::logical_and
aten::logical_or
aten::where.self
aten::masked_fill.Scalar
aten::masked_fill_.Scalar
aten::sum.dim_IntList
aten::mean.dim
aten::var.correction var
aten::var_mean.correction varianceMean
aten::std.correction std
aten::amax
aten::amin
aten::max
aten::min
aten::max.dim maxAlong
aten::min.dim minAlong
aten::argmax
aten::argmin
aten::argsort
aten::sort
aten::topk
aten::cumsum
aten::prod
aten::all
aten::any
aten::norm.ScalarOpt_dim norm
aten::linalg_vector_norm vectorNorm
aten::logsumexp
aten::softmax.int
aten::log_softmax.int
aten::bincount
aten::one_hot
aten::matmul
aten::mm
aten::bmm
aten::mv
aten::dot
aten::outer
aten::addmm
aten::addmv
aten::baddbmm
aten::t
aten::transpose.int
aten::permute
aten::reshape
aten::view
aten::flatten.using_ints
aten::squeeze
aten::squeeze.dim squeezeAt
aten::unsqueeze
aten::expand
aten::expand_as
aten::repeat
aten::repeat_interleave.self_int repeatInterleave
aten::narrow
aten::select.int
aten::slice.Tensor
aten::flip
aten::roll
aten::rot90
aten::tril
aten::triu
aten::diagonal
aten::diag
aten::trace
aten::index_select
aten::index.Tensor
aten::index_add_
aten::gather
aten::scatter_.src
aten::scatter_.value scatterValue_
aten::masked_select
aten::nonzero
aten::unfold
aten::chunk
aten::split.Tensor
aten::unbind.int
aten::cat
aten::stack
aten::meshgrid.indexing
aten::contiguous
aten::clone
aten::detach
aten::copy_
aten::zero_
aten::fill_.Scalar
aten::normal_
aten::uniform_
aten::bernoulli_.float
aten::random_.from randomIntegers_
aten::zeros
aten::ones
aten::full
aten::empty.memory_format
aten::zeros_like
aten::ones_like
aten::full_like
aten::empty_like
aten::rand.generator
aten::randn.generator
aten::randint.low_generator
aten::randperm.generator
aten::rand_like
aten::randn_like
aten::multinomial
aten::bernoulli
aten::arange.start_step
aten::linspace
aten::eye
aten::eye.m eyeRectangular
gantry::linear
gantry::conv2d
aten::convolution
aten::convolution_backward
gantry::conv_transpose2d
aten::batch_norm
gantry::batch_norm activatedBatchNorm
gantry::maxout_linear
gantry::halve
gantry::twice
gantry::widen
aten::native_batch_norm
aten::instance_norm
aten::layer_norm
aten::group_norm
aten::embedding
aten::dropout
aten::avg_pool2d
aten::max_pool2d
aten::adaptive_avg_pool2d
aten::upsample_nearest2d
aten::upsample_bilinear2d
aten::pixel_shuffle
aten::constant_pad_nd
aten::binary_cross_entropy_with_logits
aten::cross_entropy_loss
aten::mse_loss
aten::l1_loss
aten::smooth_l1_loss
aten::nll_loss
aten::cosine_similarity
aten::cdist
aten::linalg_qr
aten::linalg_svd
aten::linalg_eigh
aten::linalg_eigvalsh
aten::linalg_cholesky
aten::linalg_norm
aten::linalg_inv
aten::linalg_slogdet
aten::to.dtype_layout
aten::_to_copy
aten::_foreach_add_.Scalar foreachAddScalar_
aten::_foreach_add_.List foreachAdd_
aten::_foreach_add.List foreachAdd
aten::_foreach_sub.List foreachSub
aten::_foreach_sub_.List foreachSub_
aten::_foreach_mul_.Scalar foreachMulScalar_
aten::_foreach_mul_.List foreachMul_
aten::_foreach_mul.List foreachMul
aten::_foreach_mul.Scalar foreachMulScalar
aten::_foreach_div_.Scalar foreachDivScalar_
aten::_foreach_div_.List foreachDiv_
aten::_foreach_div_.ScalarList foreachDivScalars_
aten::_foreach_sqrt
aten::_foreach_sqrt_
aten::_foreach_neg
aten::_foreach_zero_
aten::_foreach_norm.Scalar foreachNorm
aten::_foreach_addcmul_.Scalar foreachAddcmul_
aten::_foreach_addcdiv_.Scalar foreachAddcdiv_
aten::_foreach_addcdiv_.ScalarList foreachAddcdivScalars_
gantry::adam_
`;
